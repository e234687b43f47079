import { defineConfig } from "vite";
import { quietBuild } from "./local/quiet-build.ts";
import { modelFiles, serviceWorker } from "./local/static-files.ts";

/** Cross-origin isolation gives the decoder worker its WASM threads. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The API of a server that runs beside `vite`; the built app is served by the server itself. */
const proxy = { "/v1": { target: "http://127.0.0.1:8080" } };

/** `--mode static`: a folder for any file host, with the model in it and a service worker before it. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  base: "./",
  build: {
    ...{ outDir: mode === "static" ? "../../dist/static" : "../../dist/app", emptyOutDir: true, target: "esnext" },
    ...{ assetsInlineLimit: 0, modulePreload: false, ...quietBuild },
  },
  plugins: mode === "static" ? [modelFiles("model"), serviceWorker()] : [],
  worker: { format: "es", rolldownOptions: quietBuild.rolldownOptions },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: { host: "127.0.0.1", headers: isolation, proxy },
  preview: { host: "127.0.0.1", headers: isolation, proxy },
}));
