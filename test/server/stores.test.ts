import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ServerEvent } from "../../server/ops/events.ts";
import { createBreaker } from "../../server/processes/breaker.ts";
import { diskStore } from "../../server/stores/disk.ts";
import { memoryStore } from "../../server/stores/memory.ts";
import { tieredStore } from "../../server/stores/tiered.ts";
import { bytesOf, idOf } from "./entries.ts";
import { scratch } from "./inference-support.ts";
import { embeddingStoreContract } from "./stores-contract.ts";

const KIB = 1024;

const entries = async (dir: string) => (await readdir(dir)).filter((name) => name.endsWith(".emb")).sort();
const fileOf = (dir: string, n: number) => join(dir, `${idOf(n).slice("sha256:".length)}.emb`);

/** `disk-writer.ts` as one plain file, because 25 processes are to start quickly. */
async function buildWriter(dir: string): Promise<string> {
  const ssr = fileURLToPath(new URL("./disk-writer.ts", import.meta.url));
  const output = { entryFileNames: "writer.mjs" };
  await build({
    configFile: false,
    logLevel: "silent",
    build: { ssr, outDir: dir, rolldownOptions: { output } },
    ssr: { noExternal: true },
  });
  return join(dir, "writer.mjs");
}

const startWriter = (script: string, dir: string, execPath = process.execPath) =>
  fork(script, [dir], {
    execPath,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });

describe("memoryStore", () => {
  embeddingStoreContract(() => memoryStore({ maxBytes: 64 * KIB }));

  test("drops the least recently used when the bytes pass the bound, and tells", async () => {
    const events: ServerEvent[] = [];
    const store = memoryStore({ maxBytes: 3 * KIB, observe: (event) => events.push(event) });
    for (const n of [1, 2, 3]) await store.set(idOf(n), bytesOf(n, KIB));
    await store.get(idOf(1));
    await store.set(idOf(4), bytesOf(4, KIB));
    expect(await store.get(idOf(2))).toBeUndefined();
    expect(await store.get(idOf(1))).toBeDefined();
    const outcomes = events.map((event) => (event.kind === "cache" ? event.outcome : event.kind));
    expect(outcomes).toEqual(["hit", "evicted", "miss", "hit"]);
  });
});

describe("diskStore", () => {
  embeddingStoreContract(async () => diskStore({ dir: await scratch(), maxBytes: 64 * KIB }));

  test("finds its entries again after a restart and keeps the byte bound, oldest use first", async () => {
    const dir = await scratch();
    const first = await diskStore({ dir, maxBytes: 64 * KIB });
    for (const n of [1, 2, 3]) await first.set(idOf(n), bytesOf(n, 10 * KIB));
    for (const [n, age] of [
      [1, 10],
      [2, 30],
      [3, 20],
    ] as const) {
      const at = new Date(Date.now() - age * 1000);
      await utimes(fileOf(dir, n), at, at);
    }
    const second = await diskStore({ dir, maxBytes: 32 * KIB });
    expect((await second.get(idOf(3)))?.byteLength).toBe(10 * KIB);
    await second.set(idOf(4), bytesOf(4, 10 * KIB));
    expect(await second.get(idOf(2))).toBeUndefined();
    expect(await second.get(idOf(1))).toBeDefined();
    expect(await second.get(idOf(3))).toBeDefined();
  });

  test.each([
    { name: "cut short", damage: async (path: string) => truncate(path, 100) },
    { name: "cut to less than its trailer", damage: async (path: string) => truncate(path, 7) },
    { name: "emptied", damage: async (path: string) => truncate(path, 0) },
    { name: "with one bit flipped", damage: (path: string) => flip(path, 50) },
    { name: "with one bit of the hash flipped", damage: (path: string) => flip(path, -1) },
    { name: "with another entry's bytes appended", damage: (path: string) => writeFile(path, "more", { flag: "a" }) },
  ])("serves no entry $name: it is set aside, counted and may be written again (F-3)", async ({ damage }) => {
    const dir = await scratch();
    const events: ServerEvent[] = [];
    const store = await diskStore({ dir, maxBytes: 64 * KIB, observe: (event) => events.push(event) });
    await store.set(idOf(1), bytesOf(1, KIB));
    await damage(fileOf(dir, 1));
    expect(await store.get(idOf(1))).toBeUndefined();
    expect(events).toContainEqual({ kind: "cache", tier: "disk", outcome: "corrupt" });
    expect(await readdir(join(dir, "quarantine"))).toHaveLength(1);
    await store.set(idOf(1), bytesOf(1, KIB));
    expect(Buffer.from((await store.get(idOf(1)))!)).toEqual(Buffer.from(bytesOf(1, KIB)));
  });

  test("refuses an id that is no digest before it touches a path", async () => {
    const store = await diskStore({ dir: await scratch(), maxBytes: KIB });
    await expect(store.get("sha256:../../etc/passwd")).rejects.toThrow(RangeError);
  });

  test("serves nothing corrupt and leaves no temporary file after 25 kill -9 in mid-write (F-1)", async () => {
    const dir = await scratch();
    const script = await buildWriter(await scratch());
    const kill = async (round: number) => {
      const child = startWriter(script, dir);
      await once(child, "message");
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 60));
      child.kill("SIGKILL");
      await once(child, "exit");
    };
    for (let wave = 0; wave < 5; wave++) await Promise.all([0, 1, 2, 3, 4].map((n) => kill(wave * 5 + n)));
    const events: ServerEvent[] = [];
    const store = await diskStore({ dir, maxBytes: 2 ** 30, observe: (event) => events.push(event) });
    expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const names = await entries(dir);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(await store.get(`sha256:${name.slice(0, 64)}`)).toBeDefined();
    expect(events.every((event) => event.kind === "cache" && event.outcome === "hit")).toBe(true);
  }, 60_000);

  test("a full disk turns writing off with a warning and fails no request (F-2)", async () => {
    const dir = await scratch();
    const child = startWriter(await buildWriter(await scratch()), dir, await limitedNode(await scratch()));
    const [reported] = await once(child, "message");
    child.kill("SIGKILL");
    expect(reported).toEqual({ kind: "cache-off", tier: "disk", reason: "EFBIG" });
    expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("F-14: a clock that jumps", () => {
  test.each([
    { name: "an hour back", byMs: -3_600_000 },
    { name: "a day on", byMs: 86_400_000 },
  ])("$name throws nothing out, stops no writing and closes no breaker early", async ({ byMs }) => {
    const dir = await scratch();
    const store = tieredStore(memoryStore({ maxBytes: 64 * KIB }), await diskStore({ dir, maxBytes: 64 * KIB }));
    const breaker = createBreaker();
    await store.set(idOf(1), bytesOf(1, KIB));
    for (let n = 0; n < 3; n++) breaker.record("slice");
    vi.useFakeTimers({ now: Date.now() + byMs, toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    await store.set(idOf(2), bytesOf(2, KIB));
    const again = await diskStore({ dir, maxBytes: 64 * KIB });
    for (const n of [1, 2]) expect((await again.get(idOf(n)))?.byteLength).toBe(KIB);
    expect(breaker.isOpen("slice")).toBe(true);
    expect(breaker.closesInMs("slice")).toBeLessThanOrEqual(60_000);
  });
});

describe("tieredStore", () => {
  embeddingStoreContract(() => tieredStore(memoryStore({ maxBytes: 64 * KIB }), memoryStore({ maxBytes: 64 * KIB })));

  test("copies up what only the second tier knows", async () => {
    const near = memoryStore({ maxBytes: 64 * KIB });
    const far = memoryStore({ maxBytes: 64 * KIB });
    await far.set(idOf(1), bytesOf(1, KIB));
    await tieredStore(near, far).get(idOf(1));
    expect(await near.get(idOf(1))).toBeDefined();
  });

  test.each([
    { name: "hangs", set: () => new Promise<void>(() => {}) },
    { name: "fails", set: () => Promise.reject(new Error("disk")) },
  ])("gives what the second tier knows while the copy in the first $name", async ({ set }) => {
    const far = memoryStore({ maxBytes: 64 * KIB });
    await far.set(idOf(1), bytesOf(1, KIB));
    expect(await tieredStore({ get: async () => undefined, set }, far).get(idOf(1))).toEqual(bytesOf(1, KIB));
  });
});

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 4;
  await writeFile(path, bytes);
}

/** A node whose files may not grow over 512 KiB. */
async function limitedNode(dir: string): Promise<string> {
  const path = join(dir, "node");
  await writeFile(path, `#!/bin/sh\nulimit -f 1024\nexec "${process.execPath}" "$@"\n`, { mode: 0o755 });
  expect((await stat(path)).mode & 0o100).toBe(0o100);
  return path;
}
