/** The server under test, as the command starts it, and what /proc shows of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { childrenOf, openFiles, residentMib, temporaryFiles } from "./processes.ts";

/** One look at the processes that speak HTTP. */
export interface Look {
  readonly memoryMib: number;
  readonly files: number;
  readonly children: number;
  /** Unfinished files in the cache. */
  readonly temporary: number;
}

export interface Soaked {
  readonly url: string;
  /** What was killed so far. */
  readonly kills: Readonly<Record<string, number>>;
  look(): Look;
  /** Waits until nothing is queued and what is idle had time to go. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REST_MS = 5000;
/** So that what they hold does not look like growth. */
export const SMALL_CACHES = {
  PROMPTOMY_EMBEDDING_MEMORY_BYTES: String(64 * 2 ** 20),
  PROMPTOMY_IMAGE_MEMORY_BYTES: String(128 * 2 ** 20),
  PROMPTOMY_IMAGES: "200",
};

/** Starts `promptomy serve` on a fresh cache. */
export async function startSoaked(): Promise<Soaked> {
  const cache = mkdtempSync(join(tmpdir(), "soak-"));
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "server/cli.ts", "serve", "--port", "0", "--json", "--quiet"],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...SMALL_CACHES, PROMPTOMY_CACHE_DIR: cache },
    },
  );
  const url = await addressOf(child);
  return {
    url,
    kills: {},
    look: () => lookAt(child.pid ?? 0, cache),
    rest: () => sleep(REST_MS),
    async close() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(cache, { recursive: true, force: true });
    },
  };
}

/** From the first line that a command writes. */
export async function addressOf(child: ChildProcess): Promise<string> {
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (chunk) => resolve(String(chunk)));
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  return JSON.parse(line).url;
}

function lookAt(pid: number, cache: string): Look {
  const children = childrenOf(pid).length;
  return { memoryMib: residentMib(pid), files: openFiles(pid), children, temporary: temporaryFiles(cache) };
}
