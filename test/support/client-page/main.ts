/** The package as a bundler sees it, within reach of `page.evaluate`. */
import * as client from "../../../client/index.ts";

const page = {
  ...client,
  /** A worker whose GPU device `BroadcastChannel("destroy")` destroys. */
  doomedWorker: () => new Worker(new URL("./doomed.worker.ts", import.meta.url), { type: "module" }),
  /** A worker that throws as soon as it loads. */
  brokenWorker: () => new Worker(new URL("./broken.worker.ts", import.meta.url), { type: "module" }),
};

export type ClientPage = typeof page;
Object.assign(globalThis, { client: page });
