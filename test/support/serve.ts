/** Pages and servers for browser tests, all on loopback and port 0. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, preview } from "vite";

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Builds a page for production, as a user's bundler does; resolves to the folder. */
export async function buildPage(root: string): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "page-"));
  await build({
    root,
    configFile: false,
    logLevel: "error",
    base: "./",
    build: { outDir: dir, target: "esnext", assetsInlineLimit: 0, minify: false, emptyOutDir: true },
    worker: { format: "es" },
  });
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Serves a built page, and `/v1` from the API server. Without `isolated` the page has no SharedArrayBuffer. */
export async function servePage(dir: string, api: string, { isolated = true } = {}): Promise<Served> {
  const server = await preview({
    configFile: false,
    logLevel: "error",
    build: { outDir: dir },
    preview: {
      host: "127.0.0.1",
      port: 0,
      headers: isolated ? ISOLATION : {},
      proxy: { "/v1": { target: api } },
    },
  });
  const [url] = server.resolvedUrls?.local ?? [];
  if (!url) throw new Error("The preview server has no address.");
  return { url, close: () => server.close() };
}
