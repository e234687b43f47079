import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The examples import the package by its published name; here that is the source beside them. */
export default defineConfig({
  base: "./",
  resolve: { alias: { "@promptomy/client": fileURLToPath(new URL("../client/index.ts", import.meta.url)) } },
  build: { target: "esnext", assetsInlineLimit: 0 },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  server: {
    host: "127.0.0.1",
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    proxy: { "/v1": process.env.PROMPTOMY_SERVER ?? "http://127.0.0.1:8080" },
  },
});
