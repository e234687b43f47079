/** What a static build holds beside the page: the model, the names, and the service worker that knows every file. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { Manifest } from "../../../core/wire/index.ts";

const ROOT = join(import.meta.dirname, "../../..");
const MODEL = join(ROOT, "models/default");

/** Files of the model's folder that a browser reads. */
const SERVED = /\.(json|onnx|safetensors)$/;

/** Large runtimes that only some machines use: kept when they are first fetched. */
const LATER = /ort-wasm.*\.(asyncify|jspi)/;

/** Read by tests of the repository alone. */
const LEFT_OUT = ["golden-tokens.json"];

/** With the defaults that a server fills in: the page has no schemas. */
const manifest = (): string =>
  JSON.stringify(Manifest.parse(JSON.parse(readFileSync(join(MODEL, "manifest.json"), "utf8"))));

/** The model and the names, in a folder of the build. */
export function modelFiles(folder: string): Plugin {
  return {
    name: "model-files",
    apply: "build",
    buildStart() {
      for (const name of readdirSync(MODEL).filter((file) => SERVED.test(file) && !LEFT_OUT.includes(file))) {
        const source = name === "manifest.json" ? manifest() : readFileSync(join(MODEL, name));
        this.emitFile({ type: "asset", fileName: `${folder}/${name}`, source });
      }
      const vocabulary = readFileSync(join(ROOT, "models/vocabulary.json"));
      this.emitFile({ type: "asset", fileName: `${folder}/vocabulary.json`, source: vocabulary });
    },
  };
}

/** The service worker, last: it names every file of the build. */
export function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((name) => !name.endsWith(".map") && name !== "index.html");
      const hash = createHash("sha256");
      for (const name of files.toSorted()) {
        const part = bundle[name];
        hash.update(name).update(part?.type === "asset" ? part.source : (part?.code ?? ""));
      }
      const version = hash.digest("hex").slice(0, 16);
      const script = readFileSync(join(import.meta.dirname, "service-worker.js"), "utf8")
        .replace('"VERSION"', JSON.stringify(version))
        .replace('["FILES"]', JSON.stringify(["./", "icon.svg", ...files.filter((name) => !LATER.test(name))]));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source: script });
    },
  };
}
