/** The page's entry: makes the viewer and gives it to its element. */
import { createApp } from "./app.ts";
import "./ui/viewer-app.ts";
import type { ViewerApp } from "./ui/viewer-app.ts";

const app = createApp({ server: new URL(".", location.href) });
const element = document.createElement("viewer-app") as ViewerApp; // defined by the import above
element.app = app;
document.body.replaceChildren(element);
app.start();
