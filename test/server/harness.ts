import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../server/app.ts";
import type { AppDeps } from "../../server/http/deps.ts";
import { openFile } from "../../server/node.ts";
import { DEFAULT_LIMITS, type Limits } from "../../server/ops/limits.ts";
import { createLog } from "../../server/ops/log.ts";
import { createServices, type Services } from "../../server/services.ts";
import { readSettings } from "../../server/settings.ts";
import { singleImage } from "../../server/sources/folder/folder.ts";
import { writeTinyModel } from "../support/onnx.ts";

/** Starting child processes from source takes seconds on a busy machine. */
export const SETUP_MS = 60_000;

export interface Harness {
  readonly services: Services;
  readonly deps: AppDeps;
  /** Everything that was logged, as text. */
  readonly log: string[];
  /** Models and caches of this harness. */
  readonly dir: string;
  request(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface HarnessOptions {
  readonly limits?: Partial<Limits>;
  readonly deps?: Partial<AppDeps>;
  /** Writes more models into a folder of folders, before the server starts. */
  readonly models?: (dir: string) => Promise<void>;
}

/** The real app with real stores, child processes and a tiny model; no port. */
export async function createHarness({ limits = {}, deps: given = {}, models }: HarnessOptions = {}): Promise<Harness> {
  const dir = await mkdtemp(join(tmpdir(), "http-"));
  await writeTinyModel(join(dir, "models", "tiny"));
  await models?.(join(dir, "models"));
  const settings = readSettings(
    {
      cacheDir: join(dir, "cache"),
      modelDirs: [join(dir, "models")],
      device: "cpu",
      limits: { ...DEFAULT_LIMITS, ...limits },
    },
    {},
  );
  const services = await createServices(settings);
  const log: string[] = [];
  const deps: AppDeps = {
    ...services,
    log: createLog({ level: "debug", destination: { write: (line) => log.push(line) } }),
    limits: settings.limits,
    folder: { ...singleImage(`sha256:${"0".repeat(64)}`, ""), list: () => [] },
    openFile,
    lifecycle: { draining: () => false, unready: () => [] },
    ...given,
  };
  const app = createApp(deps);
  return {
    services,
    deps,
    log,
    dir,
    request: async (path, init) => app.request(path, init),
    async close() {
      await services.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A JSON POST. */
export const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** Uploads a file of this machine; resolves to the answer. */
export async function upload(harness: Pick<Harness, "request">, path: string): Promise<Response> {
  return harness.request("/v1/images", { method: "POST", body: await readFile(path) });
}

/** A multipart upload of every file of a folder. */
export async function seriesForm(dir: string): Promise<FormData> {
  const form = new FormData();
  for (const name of (await readdir(dir)).sort())
    form.append("file", new Blob([await readFile(join(dir, name))]), name);
  return form;
}
