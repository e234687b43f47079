import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The examples import the package by its published name; here that is the source beside them. */
export default defineConfig({
  base: "./",
  resolve: {
    alias: [
      { find: "@promptomy/client/element", replacement: at("../client/app/element/promptomy-viewer.ts") },
      { find: "@promptomy/client/frame", replacement: at("../client/frame/index.ts") },
      { find: "@promptomy/client", replacement: at("../client/index.ts") },
    ],
  },
  build: { target: "esnext", assetsInlineLimit: 0 },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: {
    host: "127.0.0.1",
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    proxy: { "/v1": process.env.PROMPTOMY_SERVER ?? "http://127.0.0.1:8080" },
  },
});
