// esbuild follows no `new Worker(new URL(…))`: the worker that the package has ready lies beside the page.
import { createSegmenter } from "@promptomy/client";
import { clickLiver } from "../click.js";

const server = new URL(location.href).searchParams.get("server");
const segmenter = await createSegmenter({ server, decode: "wasm", workerUrl: new URL("worker.js", location.href) });
globalThis.host = { click: () => clickLiver(segmenter) };
