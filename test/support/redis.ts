import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

/** Options of a suite that needs a real Redis: skipped where there is none, and counted at the end of the run. */
export const needsRedis = (): { skip?: true; meta?: { needs: string } } =>
  spawnSync("redis-server", ["--version"]).status === 0
    ? {}
    : { skip: true, meta: { needs: "redis-server (Debian: apt-get install redis-server)" } };

export interface TestRedis {
  readonly url: string;
  /** For looking at what is kept. */
  readonly client: Redis;
  /** As a crash does: what it holds is on disk only as far as it had got there. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Any free port of this machine. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A Redis of its own on loopback, with an append-only file so that it comes back with what it had. */
export async function startRedis(): Promise<TestRedis> {
  const [port, dir] = [await freePort(), mkdtempSync(join(tmpdir(), "redis-"))];
  const args = `--bind 127.0.0.1 --port ${port} --appendonly yes --appendfsync always --dir ${dir}`.split(" ");
  let child: ChildProcess | undefined;
  const client = new Redis(port, { lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on("error", () => {});
  const start = async () => {
    child = spawn("redis-server", [...args, "--save", ""], { stdio: "ignore" });
    if (client.status === "wait") await client.connect().catch(() => {}); // it goes on trying
    while ((await client.ping().catch(() => "")) !== "PONG") await sleep(20);
  };
  const kill = async () => {
    const ended = new Promise((resolve) => child?.once("exit", resolve));
    child?.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}/0`,
    client,
    kill,
    start,
    async close() {
      client.disconnect();
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
