// webpack 5 finds the worker, and its runtimes, by itself.
import { createSegmenter } from "@promptomy/client";
import { clickLiver } from "../click.js";

const server = new URL(location.href).searchParams.get("server");
createSegmenter({ server, decode: "wasm" }).then((segmenter) => {
  globalThis.host = { click: () => clickLiver(segmenter) };
});
