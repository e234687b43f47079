/** How a page of this folder is built where Vite does not do it; each as its own documentation says. */
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { BuiltPage } from "../support/serve.ts";

const require = createRequire(import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PACKED = at("node_modules/@promptomy/client");

type Fill = (dir: string) => Promise<void> | void;

async function built(fill: Fill): Promise<BuiltPage> {
  const dir = await mkdtemp(join(tmpdir(), "host-"));
  await fill(dir);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export const withEsbuild = () =>
  built(async (dir) => {
    const { build } = require("esbuild");
    const target = ["es2023"];
    await build({ entryPoints: [at("pages/esbuild/main.js")], outdir: dir, bundle: true, format: "esm", target });
    cpSync(at("pages/esbuild/index.html"), join(dir, "index.html"));
    // The worker and its runtimes; the element's chunks do no harm.
    cpSync(join(PACKED, "dist/browser"), dir, { recursive: true });
  });

export const withWebpack = () =>
  built(async (dir) => {
    const webpack = require("webpack");
    const stats = await new Promise<{ hasErrors(): boolean; toString(): string }>((resolve, reject) =>
      webpack(
        {
          mode: "production",
          entry: at("pages/webpack/main.js"),
          output: { path: dir, filename: "main.js" },
          performance: false,
        },
        (error: unknown, stats: { hasErrors(): boolean; toString(): string }) =>
          error ? reject(error) : resolve(stats),
      ),
    );
    if (stats.hasErrors()) throw new Error(stats.toString());
    cpSync(at("pages/webpack/index.html"), join(dir, "index.html"));
  });

/** Next.js builds beside its sources: `out` is the page. */
export const withNext = async (): Promise<BuiltPage> => {
  const page = at("pages/next");
  const next = at("node_modules/next/dist/bin/next");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  await promisify(execFile)(process.execPath, [next, "build"], { cwd: page, env });
  const remove = () =>
    Promise.all([".next", "out"].map((dir) => rm(join(page, dir), { recursive: true, force: true })));
  return { dir: join(page, "out"), remove: async () => void (await remove()) };
};

export const withoutBundler = () =>
  built((dir) => {
    cpSync(at("pages/importmap"), dir, { recursive: true });
    cpSync(at("pages/click.js"), join(dir, "click.js"));
    const modules = { "@promptomy/client": PACKED, comlink: at("../../node_modules/comlink") };
    const all = { ...modules, "@noble/hashes": at("../../node_modules/@noble/hashes") };
    for (const [name, from] of Object.entries(all))
      cpSync(from, join(dir, "modules", name), { recursive: true, dereference: true });
  });
