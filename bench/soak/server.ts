/** The server under test, as the command starts it, and what /proc shows of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { childrenOf, openFiles, residentMib, scriptMemory, temporaryFiles } from "./processes.ts";

/** One look at the processes that speak HTTP. */
export interface Look {
  readonly memoryMib: number;
  /** JavaScript objects of that process, and buffers, which lie outside of the heap; caches are buffers. */
  readonly heapMib: number;
  readonly buffersMib: number;
  readonly files: number;
  readonly children: number;
  /** Unfinished files in the cache. */
  readonly temporary: number;
}

export interface Soaked {
  readonly url: string;
  /** What was killed so far. */
  readonly kills: Readonly<Record<string, number>>;
  look(): Promise<Look>;
  /** Waits until nothing is queued and what is idle had time to go. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REST_MS = 5000;
/** Caches that the first requests fill, so that what they hold does not look like growth. */
export const SMALL_CACHES = {
  PROMPTOMY_EMBEDDING_MEMORY_BYTES: String(16 * 2 ** 20),
  PROMPTOMY_LOGITS_MEMORY_BYTES: String(16 * 2 ** 20),
  PROMPTOMY_IMAGE_MEMORY_BYTES: String(32 * 2 ** 20),
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
  const { url } = await announced(child);
  return {
    url,
    kills: {},
    look: () => lookAt(child.pid ?? 0, url, cache),
    rest: () => sleep(REST_MS),
    async close() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(cache, { recursive: true, force: true });
    },
  };
}

/** The line of JSON in which a command says where it listens. */
export async function announced(child: ChildProcess): Promise<{ url: string; replicas?: string[] }> {
  if (!child.stdout) throw new Error("The command has no standard output.");
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith("{")) continue; // of an installation before the start
    child.stdout.resume(); // else it would wait for a reader once its pipe is full
    return JSON.parse(line);
  }
  throw new Error("The server ended before it listened.");
}

async function lookAt(pid: number, url: string, cache: string): Promise<Look> {
  const { heapMib, buffersMib } = await scriptMemory(url);
  const counts = { files: openFiles(pid), children: childrenOf(pid).length, temporary: temporaryFiles(cache) };
  return { memoryMib: residentMib(pid), heapMib, buffersMib, ...counts };
}
