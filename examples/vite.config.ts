import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { quietBuild } from "../client/app/local/quiet-build.ts";
import { modelFiles } from "../client/app/local/static-files.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const pages = readdirSync(at(".")).map((name) => at(`${name}/index.html`));

/** The examples import the package by its published name; here that is the source beside them. */
export default defineConfig(({ command }) => {
  const server = process.env.PROMPTOMY_SERVER ?? (command === "build" ? "" : "http://127.0.0.1:8080");
  return {
    root: at("."),
    base: "./",
    plugins: [modelFiles("07-offline/model")],
    define: { "import.meta.env.VIEWER": JSON.stringify(`${server}/`) },
    resolve: {
      alias: [
        { find: "@promptomy/client/element", replacement: at("../client/app/element/promptomy-viewer.ts") },
        { find: "@promptomy/client/frame", replacement: at("../client/frame/index.ts") },
        { find: "@promptomy/client", replacement: at("../client/index.ts") },
      ],
    },
    build: {
      ...{ outDir: at("../dist/examples"), emptyOutDir: true, target: "esnext", assetsInlineLimit: 0 },
      chunkSizeWarningLimit: quietBuild.chunkSizeWarningLimit,
      rolldownOptions: {
        ...quietBuild.rolldownOptions,
        input: [at("index.html"), ...pages.filter((page) => existsSync(page))],
      },
    },
    worker: { format: "es", rolldownOptions: quietBuild.rolldownOptions },
    optimizeDeps: { exclude: ["onnxruntime-web"] },
    server: {
      host: "127.0.0.1",
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
      proxy: { "/v1": server || "http://127.0.0.1:8080" },
    },
  };
});
