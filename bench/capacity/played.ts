/** The scroll model played against two real replicas and one Redis, beside what the simulation says of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../accuracy/random.ts";
import { sampleOf } from "../report.ts";
import { createMachines, encode, imageOf, type Machine, slicesOf } from "./machines.ts";
import { type Load, type Outcome, simulate, stops } from "./model.ts";

const SECONDS = 60;
const SEED = 1;
/** Windows of their own make one image as many volumes. */
const WIDTH = 300;
const COLD = 20;
/** The simulation refuses nobody; at first every slice is cold. */
const PATIENT = { PROMPTOMY_ENCODE_QUEUE_JOBS: "2000" };

export interface Played {
  readonly load: Load;
  /** A cold encode as people wait for it, while both replicas are at one. */
  readonly encodeMs: number;
  /** The same once it is there. */
  readonly serveMs: number;
  readonly real: Omit<Outcome, "busy">;
  readonly simulated: Outcome;
}

/** Needs two cores, `taskset` and `redis-server`. */
export async function played(): Promise<Played> {
  const machines = createMachines();
  try {
    const redis = await machines.redis();
    const shared = ["--redis", redis.url, "--image-dir", machines.folder("images")];
    const two = [await machines.server("0", shared, PATIENT), await machines.server("1", shared, PATIENT)] as const;
    const imageId = await imageOf(two[0].url);
    const slices = await slicesOf(two[0].url, imageId);
    const load: Load = { users: 40, volumes: 60, slices, dwellS: 0.75 };
    const [coldMs, serveMs] = [await walkMs(two, imageId), await walkMs(two, imageId)];
    const encodeMs = coldMs - serveMs;
    const fleet = { encoders: 2, hashed: true, encodeMs, serveMs, cacheSlices: load.volumes * slices, prefetch: 0 };
    return {
      load,
      encodeMs,
      serveMs,
      real: await play(two, imageId, load),
      simulated: simulate(load, fleet, SECONDS, SEED),
    };
  } finally {
    machines.close();
  }
}

/** Slices that both walk through at the same time, each its own; the first time they are cold. */
async function walkMs(two: readonly Machine[], imageId: string): Promise<number> {
  const times: number[] = [];
  const walk = async ({ url }: Machine, n: number) => {
    for (let slice = 0; slice < COLD; slice++) {
      const from = performance.now();
      await encode(url, imageId, slice, WIDTH - 1 - n);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(two.map(walk));
  return sampleOf(times).median;
}

/** Every stop at its time, at one replica or the other; as in the simulation the second half counts. */
async function play(two: readonly Machine[], imageId: string, load: Load): Promise<Played["real"]> {
  const from = performance.now();
  const waits: number[] = [];
  let hits = 0;
  const ask = async (key: number, at: number): Promise<void> => {
    const { url } = two[key % two.length];
    const asked = performance.now();
    const { cached } = await encode(url, imageId, key % load.slices, WIDTH + Math.floor(key / load.slices));
    if (at < SECONDS * 500) return;
    waits.push(performance.now() - asked);
    if (cached) hits++;
  };
  const asking: Promise<void>[] = [];
  for (const { at, key } of stops(load, SECONDS, createRandom(String(SEED)).uniform)) {
    await sleep(Math.max(0, from + at - performance.now()));
    asking.push(ask(key, at));
  }
  await Promise.all(asking);
  const { median, p95 } = sampleOf(waits);
  return { hitRate: hits / waits.length, waitMs: { p50: median, p95 }, asked: waits.length };
}
