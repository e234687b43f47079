/** The server under test, as the command starts it, and what /proc shows of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** One look at the process that speaks HTTP. */
export interface Look {
  readonly memoryMib: number;
  readonly files: number;
  readonly children: number;
  /** Unfinished files in the cache. */
  readonly temporary: number;
}

export interface Soaked {
  readonly url: string;
  look(): Look;
  /** Waits until nothing is queued and what is idle had time to go. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REST_MS = 5000;

/** Starts `promptomy serve` on a fresh cache, with small caches in memory, so that what they hold does not look like growth. */
export async function startSoaked(): Promise<Soaked> {
  const cache = mkdtempSync(join(tmpdir(), "soak-"));
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "server/cli.ts", "serve", "--port", "0", "--json", "--quiet"],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        PROMPTOMY_CACHE_DIR: cache,
        PROMPTOMY_EMBEDDING_MEMORY_BYTES: String(64 * 2 ** 20),
        PROMPTOMY_IMAGE_MEMORY_BYTES: String(128 * 2 ** 20),
        PROMPTOMY_IMAGES: "200",
      },
    },
  );
  const url = await addressOf(child);
  return {
    url,
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

async function addressOf(child: ChildProcess): Promise<string> {
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (chunk) => resolve(String(chunk)));
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  return JSON.parse(line).url;
}

function lookAt(pid: number, cache: string): Look {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const names = readdirSync(cache, { recursive: true, encoding: "utf8" });
  return {
    memoryMib: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    children: readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(/\s+/).length,
    temporary: names.filter((name) => name.endsWith(".tmp")).length,
  };
}
