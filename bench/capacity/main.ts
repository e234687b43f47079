/**
 * `tsx bench/capacity/main.ts [--encode-ms 350] [--encoder-price 0.05] [--gib-price 0.005]`: how many encoders, how large a cache and
 * how much money (prices per hour) 10, 1,000 and 100,000 people need who scroll through CT at the same time, so that 19 of 20 stops
 * wait at most half a second. Seeded; the larger fleets are played at a scale.
 */
import { parseArgs } from "node:util";
import { type Fleet, type Load, type Outcome, simulate } from "./model.ts";

const { values } = parseArgs({
  options: {
    "encode-ms": { type: "string", default: "350" },
    "encoder-price": { type: "string", default: "0.05" },
    "gib-price": { type: "string", default: "0.005" },
  },
});
const encodeMs = Number(values["encode-ms"]);
const [encoderPrice, gibPrice] = [Number(values["encoder-price"]), Number(values["gib-price"])];
const WANTED_MS = Math.max(500, 1.5 * encodeMs);
const SECONDS = 600;
/** People that are really played; a fleet for more is that many times larger. */
const MOST_PLAYED = 1000;
const ENTRY_MIB = 0.36; // an embedding of the default model, 128 × 24 × 24, in float32 and as it travels

const loadOf = (users: number): Load => ({ users, volumes: Math.max(4, Math.ceil(users / 4)), slices: 300, dwellS: 2 });

/** The smallest fleet that keeps people waiting no longer than wanted. */
function smallest(load: Load, cacheSlices: number, prefetch: number): { fleet: Fleet; outcome: Outcome } {
  for (let encoders = 1; ; encoders = Math.ceil(encoders * 1.15)) {
    const fleet = { encoders, encodeMs, cacheSlices, prefetch };
    const outcome = simulate(load, fleet, SECONDS);
    if (outcome.waitMs.p95 <= WANTED_MS) return { fleet, outcome };
  }
}

console.log(`An encode takes ${encodeMs} ms; 19 of 20 stops wait at most ${WANTED_MS} ms.`);
console.log(
  "| people | prefetched around a stop | encoders | shared cache | hits | busy for people | p50 | p95 | an hour | an hour for one |",
);
console.log("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
for (const users of [10, 1000, 100_000]) {
  for (const prefetch of [0, 2]) {
    const scale = Math.max(1, users / MOST_PLAYED);
    const load = loadOf(users / scale);
    const { fleet, outcome } = smallest(load, load.volumes * load.slices, prefetch);
    const gib = (fleet.cacheSlices * scale * ENTRY_MIB) / 1024;
    const { p50, p95 } = outcome.waitMs;
    const encoders = Math.ceil(fleet.encoders * scale);
    const price = encoders * encoderPrice + gib * gibPrice;
    const cells = [
      ...[users, prefetch, encoders, `${gib.toFixed(1)} GiB`],
      ...[outcome.hitRate, outcome.busy].map((share) => `${Math.round(share * 100)} %`),
      ...[p50, p95].map((ms) => `${Math.round(ms)} ms`),
      ...[price.toFixed(2), (price / users).toFixed(4)],
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
