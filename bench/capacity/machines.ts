/** Servers as their command starts them, each on cores of its own (Linux, `taskset`), and the processor time that they took. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddingInfo, ImageInfo } from "../../core/wire/index.ts";
import { freePort } from "../../test/support/redis.ts";
import { childrenOf } from "../soak/processes.ts";
import { announced, ROOT } from "../soak/server.ts";

export interface Machine {
  readonly url: string;
  /** Processor time of it and of its children so far. */
  cpuMs(): number;
}

export interface Machines {
  /** `cores` as `taskset` takes them: `0`, `0,1`. */
  server(cores: string, options: readonly string[], env?: NodeJS.ProcessEnv): Promise<Machine>;
  worker(cores: string, options: readonly string[]): Promise<void>;
  redis(): Promise<{ readonly url: string; cpuMs(): number }>;
  /** A folder below one that goes with them. */
  folder(name: string): string;
  close(): void;
}

/** Of /proc: a hundred ticks a second on every Linux that Node runs on. */
const TICK_MS = 10;

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  return TICK_MS * (Number(fields[11]) + Number(fields[12])) + childrenOf(pid).reduce((sum, id) => sum + cpuMs(id), 0);
}

/** From now on this process, who asks the servers, has these cores alone. */
export function keepTo(cores: string): void {
  execFileSync("taskset", ["-a", "-c", "-p", cores, `${process.pid}`], { stdio: "ignore" });
}

/** Starts nothing yet; `close` ends all that was started. */
export function createMachines(): Machines {
  const dir = mkdtempSync(join(tmpdir(), "machines-"));
  const children: ChildProcess[] = [];
  const start = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
    const child = spawn(command, args, {
      ...{ cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] },
      env: { ...process.env, ...env },
    });
    children.push(child);
    return child;
  };
  const folder = (name: string): string => join(dir, name);
  const promptomy = (command: string, cores: string, options: readonly string[], env?: NodeJS.ProcessEnv) => {
    const cache = folder(`cache-${children.length}`);
    const args = ["dist/server/cli.js", command, "--json", "--quiet", "--device", "cpu", "--cache-dir", cache];
    return start("taskset", ["-c", cores, process.execPath, ...args, ...options], env);
  };
  return {
    folder,
    async server(cores, options, env) {
      const child = promptomy("serve", cores, ["--port", "0", ...options], env);
      const { url } = await announced(child);
      return { url, cpuMs: () => cpuMs(child.pid ?? 0) };
    },
    async worker(cores, options) {
      await announced(promptomy("work", cores, options));
    },
    async redis() {
      const port = await freePort();
      const child = start("redis-server", ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", dir]);
      await sleep(500);
      return { url: `redis://127.0.0.1:${port}`, cpuMs: () => cpuMs(child.pid ?? 0) };
    },
    close() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The image that a server has open. */
export async function imageOf(url: string): Promise<string> {
  const [study] = (await (await fetch(`${url}/v1/studies`)).json()) as { imageId: string }[]; // our own server's answer
  return study.imageId;
}

/** How many axial slices it has. */
export async function slicesOf(url: string, imageId: string): Promise<number> {
  const { size } = (await (await fetch(`${url}/v1/images/${imageId}`)).json()) as ImageInfo; // our own server's answer
  return size[2];
}

/** Has a slice encoded, or found. */
export async function encode(url: string, imageId: string, slice: number, width: number): Promise<EmbeddingInfo> {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ plane: "axial", slice, window: { center: 40, width } });
  const answer = await fetch(`${url}/v1/images/${imageId}/embeddings`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as EmbeddingInfo; // our own server's answer
}

/** Milliseconds until the last byte of an embedding. */
export async function getMs(url: string, embeddingId: string): Promise<number> {
  const from = performance.now();
  const answer = await fetch(`${url}/v1/embeddings/${embeddingId}`);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(String(answer.status));
  return performance.now() - from;
}
