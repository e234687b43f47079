/** Pages and servers for browser tests, all on loopback and port 0. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import { type RunningServer, type StartOptions, startServer } from "../../server/node.ts";
import { createLog } from "../../server/ops/log.ts";
import { builtOnce } from "./built.ts";
import { type TinyKind, writeTinyModel } from "./onnx.ts";

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export interface TestServer extends Served {
  readonly running: RunningServer;
}

const temporary = (name: string) => mkdtemp(join(tmpdir(), `${name}-`));
const remove = (dir: string) => rm(dir, { recursive: true, force: true });

/** A real server with an empty cache. Without `modelDirs` it serves a tiny model of random weights. */
export async function startTestServer(options: StartOptions & { tiny?: TinyKind } = {}): Promise<TestServer> {
  const { tiny = "promptomy", ...settings } = options;
  const dir = await temporary("server");
  const modelDir = join(dir, "tiny");
  if (!settings.modelDirs) await writeTinyModel(modelDir, tiny);
  const running = await startServer({
    port: 0,
    host: "127.0.0.1",
    device: "cpu",
    cacheDir: join(dir, "cache"),
    modelDirs: [modelDir],
    log: createLog({ level: "silent" }),
    ...settings,
  });
  const close = async () => {
    await running.close();
    await remove(dir);
  };
  return { url: running.url, running, close };
}

export interface BuiltPage {
  /** The folder to serve. */
  readonly dir: string;
  remove(): Promise<void>;
}

/** Builds a page for production, as a user's bundler does it. */
export async function buildPage(root: string, configFile: string | false = false): Promise<BuiltPage> {
  const dir = await temporary("page");
  await buildPageInto(dir, root, configFile);
  return { dir, remove: () => remove(dir) };
}

async function buildPageInto(dir: string, root: string, configFile: string | false): Promise<void> {
  await build({
    root,
    configFile,
    logLevel: "error",
    base: "./",
    build: { outDir: dir, target: "esnext", assetsInlineLimit: 0, minify: false, emptyOutDir: true },
    worker: { format: "es" },
  });
}

const CLIENT_PAGE = fileURLToPath(new URL("client-page", import.meta.url));

/** The page of the client's tests, in a folder of the caller's own. */
export const buildClientPage = (): Promise<BuiltPage> => buildPage(CLIENT_PAGE);

/** The same page in a folder that all files of a run share. */
export const sharedClientPage = (): Promise<string> =>
  builtOnce("client-page", (dir) => buildPageInto(dir, CLIENT_PAGE, false));

/** What makes a page cross-origin isolated. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Serves a built page of somebody else: no header of ours, no proxy. */
export async function serveForeign(dir: string, headers: Record<string, string> = {}): Promise<Served> {
  const server = await preview({
    configFile: false,
    logLevel: "error",
    build: { outDir: dir },
    preview: { host: "127.0.0.1", port: 0, headers },
  });
  const [url] = server.resolvedUrls?.local ?? [];
  if (!url) throw new Error("The preview server has no address.");
  return { url, close: () => server.close() };
}

/** Serves a built page without COOP and COEP, and `/v1` from a server: the browser withholds SharedArrayBuffer. */
export async function serveUnisolated(dir: string, api: string): Promise<Served> {
  const server = await preview({
    configFile: false,
    logLevel: "error",
    build: { outDir: dir },
    preview: { host: "127.0.0.1", port: 0, proxy: { "/v1": { target: api, changeOrigin: true } } },
  });
  const [url] = server.resolvedUrls?.local ?? [];
  if (!url) throw new Error("The preview server has no address.");
  return { url, close: () => server.close() };
}
