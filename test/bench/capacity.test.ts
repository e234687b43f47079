import { describe, expect, test } from "vitest";
import { createRandom } from "../../bench/accuracy/random.ts";
import { type Fleet, type Load, simulate, stops } from "../../bench/capacity/model.ts";

const LOAD: Load = { users: 4, volumes: 2, slices: 20, dwellS: 1 };
const FLEET: Fleet = { encoders: 2, encodeMs: 40, cacheSlices: 1000, prefetch: 0 };
const SECONDS = 60;

describe("the simulation of people who scroll", () => {
  test("with room for every slice only the first stop at each is encoded", () => {
    const seen = new Set<number>();
    let [found, asked] = [0, 0];
    for (const { at, key } of stops(LOAD, SECONDS, createRandom("1").uniform)) {
      if (at >= SECONDS * 500) {
        asked++;
        if (seen.has(key)) found++;
      }
      seen.add(key);
    }
    const outcome = simulate(LOAD, { ...FLEET, encodeMs: 0 }, SECONDS);
    expect(outcome.asked).toBe(asked);
    expect(simulate(LOAD, FLEET, SECONDS).hitRate).toBeCloseTo(found / asked, 2);
  });

  test("without a cache everybody waits for an encode, and longer behind one encoder than behind two", () => {
    const cold = { ...FLEET, cacheSlices: 0, encodeMs: 400 };
    const [one, two] = [1, 2].map((encoders) => simulate(LOAD, { ...cold, encoders }, SECONDS));
    expect(two.hitRate).toBe(0);
    expect(two.waitMs.p50).toBeGreaterThanOrEqual(400);
    expect(one.waitMs.p95).toBeGreaterThan(two.waitMs.p95);
    expect(one.busy).toBeCloseTo(2 * two.busy, 9);
  });

  test("a slice that has its encoder waits behind it while another is idle", () => {
    const cold = { ...FLEET, cacheSlices: 0, encodeMs: 400 };
    const [queue, hashed] = [false, true].map((by) => simulate(LOAD, { ...cold, hashed: by }, SECONDS));
    expect(hashed.waitMs.p95).toBeGreaterThan(queue.waitMs.p95);
  });

  test("serving is part of every wait, and the same seed gives the same numbers", () => {
    const plain = simulate(LOAD, FLEET, SECONDS, 7);
    const served = simulate(LOAD, { ...FLEET, serveMs: 5 }, SECONDS, 7);
    expect(served).toEqual({ ...plain, waitMs: { p50: plain.waitMs.p50 + 5, p95: plain.waitMs.p95 + 5 } });
  });
});
