import { defineConfig } from "vite";

/** Cross-origin isolation gives the decoder worker its WASM threads. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The API of a server that runs beside `vite`; the built app is served by the server itself. */
const proxy = { "/v1": { target: "http://127.0.0.1:8080" } };

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: "../../dist/app", emptyOutDir: true, target: "esnext", assetsInlineLimit: 0, modulePreload: false },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: { host: "127.0.0.1", headers: isolation, proxy },
  preview: { host: "127.0.0.1", headers: isolation, proxy },
});
