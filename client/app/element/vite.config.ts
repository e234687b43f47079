/**
 * Builds what needs no bundler, into one folder: `--mode element` the viewer's element with its chunks, `--mode worker` the
 * decoder's worker with the runtimes that it loads. These stay scripts of their own: onnxruntime starts its threads with the
 * script that it finds itself in.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const CLIENT = join(import.meta.dirname, "../..");

/** Where the client's own worker is meant, the one beside the script is taken: it is the same, with its runtime in it. */
const besides: Plugin = {
  name: "worker-besides",
  transform: {
    filter: { id: /client\/segmenter\.ts$/ },
    handler: (code) => code.replace(/new URL\("\.\/decode\/decoder\.worker\.js", import\.meta\.url\)/, WORKER_URL),
  },
};

/** Kept as it is: a user's bundler follows the same expression, and no bundler needs to. */
const WORKER_URL = 'new URL(/* @vite-ignore */ "./worker.js", import.meta.url)';

const UI = join(CLIENT, "app/ui");
const NAMES = readdirSync(UI, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .flatMap((name) => [...readFileSync(join(UI, name), "utf8").matchAll(/customElements\.define\("([^"]+)"/g)])
  .map(([, tag]) => tag);

/** A page has one register of elements: there every part of the viewer has a name that says whose it is. */
const prefixed: Plugin = {
  name: "prefixed",
  enforce: "pre",
  transform: {
    filter: { id: /client\/app\/.*\.ts$/ },
    handler: (code) =>
      code.replace(new RegExp(`(?<![\\w.-])(?<!(?<!<)/)(${NAMES.join("|")})(?![\\w-]|\\.ts)`, "g"), "promptomy-$1"),
  },
};

/**
 * Leaves out what only browsers with WebGPU want that cannot suspend WebAssembly: 27 MB, where the CPU does without them. A
 * user's bundler follows `new URL("name", import.meta.url)`, and fails at a name that is not there, as onnxruntime has for
 * itself before it was bundled: such a name is written so that it is no constant.
 */
const leaner: Plugin = {
  name: "leaner",
  generateBundle(_options, bundle) {
    for (const name of Object.keys(bundle)) if (name.includes("asyncify")) delete bundle[name];
    const hide = (whole: string, kind: string, name: string) =>
      name in bundle ? whole : `new ${kind}([\`${name}\`].join(),import.meta.url)`;
    for (const file of Object.values(bundle))
      if (file.type === "chunk")
        file.code = file.code.replace(/new (\w+)\([`"']([\w.-]+\.(?:mjs|wasm))[`"'],import\.meta\.url\)/g, hide);
  },
};

export default defineConfig(({ mode }) => ({
  root: CLIENT,
  base: "./",
  publicDir: false,
  define: { "import.meta.env.MODE": JSON.stringify("element") },
  build: {
    outDir: join(CLIENT, "dist/browser"),
    emptyOutDir: false,
    target: "es2023",
    // The first to know `light-dark()`: what stands in for it follows the system alone, and no attribute.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input:
        mode === "worker"
          ? { worker: join(CLIENT, "decode/decoder.worker.ts") }
          : { element: join(import.meta.dirname, "promptomy-viewer.ts") },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  plugins: mode === "worker" ? [leaner] : [besides, prefixed],
  worker: { format: "es" },
}));
