/** The package as a bundler sees it, within reach of `page.evaluate`, with what tests need beside it. */
import * as client from "../../../client/index.ts";
import * as viewer from "../../../client/viewer/index.ts";
import { maskArea, maskIou } from "../../../core/mask/mask.ts";

const opened = new Map<client.BackendName, Promise<client.Segmenter>>();

/** One segmenter for each way of decoding, for the tests that do not look at its start. */
function shared(decode: client.BackendName): Promise<client.Segmenter> {
  const found = opened.get(decode) ?? client.createSegmenter({ server: location.origin, decode });
  opened.set(decode, found);
  return found;
}

const page = {
  ...client,
  ...viewer,
  maskArea,
  maskIou,
  shared,
  /** A worker that a message on the channel `doom` crashes, or whose GPU device it destroys. */
  doomedWorker: () => new Worker(new URL("./doomed.worker.ts", import.meta.url), { type: "module" }),
  /** A worker that finds no GPU. */
  blindWorker: () => new Worker(new URL("./blind.worker.ts", import.meta.url), { type: "module" }),
  /** A worker that throws as soon as it loads. */
  brokenWorker: () => new Worker(new URL("./broken.worker.ts", import.meta.url), { type: "module" }),
};

export type ClientPage = typeof page;
Object.assign(globalThis, { client: page });
