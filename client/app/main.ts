/** The page's entry: makes the viewer and gives it to its element. */
import type { LocalOptions } from "../index.ts";
import { createApp } from "./app.ts";
import { goOffline } from "./local/offline.ts";
import { preloadRuntime } from "./preload.ts";
import { namedIn } from "./studies/studies.ts";
import "./ui/viewer-app.ts";
import type { ViewerApp } from "./ui/viewer-app.ts";

void preloadRuntime();

/** `vite build --mode static`: a folder of files that needs no server of ours. */
const here = new URL(".", location.href);
const local: LocalOptions = {
  models: new URL("model/", here),
  worker: () => new Worker(new URL("./local/local.worker.ts", import.meta.url), { type: "module" }),
};
const app = createApp(import.meta.env.MODE === "static" ? { server: null, local } : { server: here });
const element = document.createElement("viewer-app") as ViewerApp; // defined by the import above
element.app = app;
document.body.replaceChildren(element);
app.start(namedIn(location.href));
if (parent !== window)
  void import("./embed/index.ts").then(({ listenToHost, createHosted }) => listenToHost(createHosted(app)));
if (import.meta.env.MODE === "static") void goOffline();
