/**
 * `tsx bench/capacity/replicas.ts`: cold encodes per second of one server and of two replicas with one Redis, each server pinned to a
 * core of its own (Linux, `taskset`), turn by turn; and a warm embedding that the other replica made against one's own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROUNDS = 3;
const SLICES = 10;
const REDIS_PORT = 16399;
const dir = mkdtempSync(join(tmpdir(), "replicas-"));
const children: ChildProcess[] = [];

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

async function server(name: string, core: number, more: readonly string[]): Promise<string> {
  const cli = ["dist/server/cli.js", "serve", "--port", "0", "--json", "--quiet", "--device", "cpu"];
  const child = start("taskset", [
    "-c",
    String(core),
    process.execPath,
    ...cli,
    "--cache-dir",
    join(dir, name),
    ...more,
  ]);
  const line = await new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
  return JSON.parse(line).url;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

interface Embedded {
  readonly embeddingId: string;
}

async function imageOf(url: string): Promise<string> {
  const [study] = (await (await fetch(`${url}/v1/studies`)).json()) as { imageId: string }[];
  if (!study) throw new Error("The server has nothing open.");
  return study.imageId;
}

async function encode(url: string, imageId: string, body: object): Promise<Embedded> {
  const headers = { "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${url}/v1/images/${imageId}/embeddings`, init);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Embedded;
}

/** Encodes per second over `SLICES` slices for each server; a window of its own for each round keeps them cold. */
async function pace(urls: readonly string[], imageId: string, round: number): Promise<number> {
  const from = performance.now();
  const walk = async (url: string, first: number) => {
    for (let n = 0; n < SLICES; n++)
      await encode(url, imageId, { plane: "axial", slice: first + n, window: { center: 40, width: 350 + round } });
  };
  await Promise.all(urls.map((url, n) => walk(url, 5 + n * SLICES)));
  return (urls.length * SLICES * 1000) / (performance.now() - from);
}

async function getMs(url: string, embeddingId: string): Promise<number> {
  const from = performance.now();
  const answer = await fetch(`${url}/v1/embeddings/${embeddingId}`);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(String(answer.status));
  return performance.now() - from;
}

try {
  start("redis-server", ["--port", String(REDIS_PORT), "--bind", "127.0.0.1", "--save", "", "--dir", dir]);
  await sleep(500);
  const shared = ["--redis", `redis://127.0.0.1:${REDIS_PORT}`, "--image-dir", join(dir, "images")];
  const one = await server("one", 0, []);
  const two = [await server("a", 0, shared), await server("b", 1, shared)] as const;
  const imageId = await imageOf(one);
  for (const url of [one, ...two]) await encode(url, imageId, { plane: "axial", slice: 0 });
  const paces: { one: number; two: number }[] = [];
  for (let round = 0; round < ROUNDS; round++)
    paces.push({ one: await pace([one], imageId, round), two: await pace(two, imageId, round) });
  const near: number[] = [];
  const far: number[] = [];
  for (let n = 0; n < SLICES; n++) {
    const { embeddingId } = await encode(two[0], imageId, {
      plane: "axial",
      slice: 5 + n,
      window: { center: 40, width: 350 },
    });
    await getMs(two[0], embeddingId);
    near.push(await getMs(two[0], embeddingId));
    far.push(await getMs(two[1], embeddingId));
  }
  const result = {
    encodesPerS: { one: median(paces.map((p) => p.one)), two: median(paces.map((p) => p.two)) },
    ratio: median(paces.map((p) => p.two / p.one)),
    rounds: paces,
    warmMs: { own: median(near), shared: median(far), ratio: median(far) / median(near) },
    load: loadavg()[0],
  };
  console.log(JSON.stringify(result, null, 2));
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
}
