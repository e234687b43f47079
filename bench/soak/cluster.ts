/**
 * Two replicas, two workers, Redis and nginx as `scripts/cluster.mjs` starts them, of which a worker is killed every 20 s and
 * Redis every minute, as crashes do; the script starts them again.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childrenOf, commandOf, openFiles, scriptMemory, temporaryFiles } from "./processes.ts";
import { announced, ROOT, SMALL_CACHES, type Soaked } from "./server.ts";

const WORKER_KILL_MS = 20_000;
const REDIS_KILL_MS = 60_000;
/** Longer than a killed worker's lock, its start, and a sweep of what it left. */
const REST_MS = 30_000;

/** Starts all of it on fresh folders. */
export async function startSoakedCluster(): Promise<Soaked> {
  const dir = mkdtempSync(join(tmpdir(), "soak-"));
  const args = ["scripts/cluster.mjs", "--replicas", "2", "--workers", "2", "--port", "0", "--restart"];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...SMALL_CACHES, TMPDIR: dir },
  });
  const { url, replicas: urls = [] } = await announced(child);
  await answers(url);
  const which = (word: string): number[] => childrenOf(child.pid ?? 0).filter((pid) => commandOf(pid).includes(word));
  const kills: Record<string, number> = { workers: 0, redis: 0 };
  const kill = (name: string, pids: readonly number[]): void => {
    const pid = pids[Math.floor(Math.random() * pids.length)];
    if (pid === undefined) return;
    process.kill(pid, "SIGKILL");
    kills[name]++;
  };
  const timers = [
    setInterval(() => kill("workers", which("work")), WORKER_KILL_MS),
    setInterval(() => kill("redis", which("redis-server")), REDIS_KILL_MS),
  ];
  const stopKilling = (): void => timers.forEach(clearInterval);
  return {
    url,
    kills,
    async look() {
      const replicas = which("serve");
      const memories = await Promise.all(urls.map(scriptMemory));
      const [larger] = memories.toSorted((a, b) => b.residentMib - a.residentMib); // the rule is for one process
      const sum = (of: (pid: number) => number) => replicas.reduce((total, pid) => total + of(pid), 0);
      return {
        ...{ memoryMib: larger.residentMib, heapMib: larger.heapMib, buffersMib: larger.buffersMib },
        files: sum(openFiles),
        children: sum((pid) => childrenOf(pid).length),
        temporary: temporaryFiles(dir),
      };
    },
    async rest() {
      stopKilling();
      await sleep(REST_MS);
    },
    async close() {
      stopKilling();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The gateway listens a moment after it was started. */
async function answers(url: string): Promise<void> {
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) await sleep(100);
}
