import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import { packError, unpackError } from "../../core/packed-error.ts";
import { shareCores, usableCores } from "../../server/inference/cores.ts";
import { createBreaker } from "../../server/processes/breaker.ts";
import { singleFlight } from "../../server/work/single-flight.ts";

describe("the circuit breaker", () => {
  test("opens for one input after three deaths in a minute and closes when they are older", () => {
    let time = 0;
    const breaker = createBreaker({ now: () => time });
    for (const at of [0, 10_000, 30_000]) {
      expect(breaker.isOpen("slice")).toBe(false);
      time = at;
      breaker.record("slice");
    }
    expect(breaker.isOpen("slice")).toBe(true);
    expect(breaker.isOpen("other")).toBe(false);
    time = 59_999;
    expect(breaker.isOpen("slice")).toBe(true);
    time = 60_000;
    expect(breaker.isOpen("slice")).toBe(false);
    expect(breaker.deaths("slice")).toBe(2);
  });
});

describe("the share of the cores", () => {
  test("gives every child a thread and never more encoder threads than there are cores", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), fc.boolean(), (cores, onGpu) => {
        const { encoders, encoderThreads, decoders, decoderThreads } = shareCores(cores, onGpu);
        expect(Math.min(encoders, encoderThreads, decoders, decoderThreads)).toBeGreaterThanOrEqual(1);
        expect(encoders * encoderThreads).toBeLessThanOrEqual(cores);
      }),
    );
    expect(usableCores()).toBeGreaterThanOrEqual(1);
  });
});

describe("an error that crosses processes", () => {
  test("keeps code and detail; one of no code keeps its words", () => {
    const known = unpackError(
      structuredClone(packError(new SegmenterError("InvalidPrompt", { index: 2, reason: "x" }))),
    );
    expect(isSegmenterError(known, "InvalidPrompt") && known.detail).toEqual({ index: 2, reason: "x" });
    expect(unpackError(structuredClone(packError("a string was thrown"))).message).toContain("a string was thrown");
  });
});

describe("singleFlight", () => {
  test("runs once per key while it lasts, again after it ended, and passes errors to all", async () => {
    let runs = 0;
    const flight = singleFlight<number>("test");
    const start = async () => {
      await null;
      return ++runs;
    };
    expect(await Promise.all([flight("a", start), flight("a", start), flight("b", start)])).toEqual([1, 1, 2]);
    expect(await flight("a", start)).toBe(3);
    const fail = () => Promise.reject(new RangeError("no"));
    const settled = await Promise.allSettled([flight("c", fail), flight("c", fail)]);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await flight("c", start)).toBe(4);
  });

  test("aborts the work when the last has left, not before", async () => {
    const seen: AbortSignal[] = [];
    const flight = singleFlight<never>("test");
    const start = (signal: AbortSignal) => {
      seen.push(signal);
      return new Promise<never>(() => {});
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const waits = [one, two].map(({ signal }) => flight("a", start, { signal }));
    one.abort();
    await expect(waits[0]).rejects.toMatchObject({ code: "Cancelled" });
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
    two.abort();
    await expect(waits[1]).rejects.toMatchObject({ code: "Cancelled" });
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("counts as background only while nobody else waits", async () => {
    const flight = singleFlight<boolean[]>("test");
    const answers: boolean[] = [];
    let finish = (_: boolean[]): void => {};
    const start = (_: AbortSignal, background: () => boolean) => {
      ask = background;
      return new Promise<boolean[]>((resolve) => {
        finish = resolve;
      });
    };
    let ask = () => false;
    const prefetch = flight("a", start, { background: true });
    answers.push(ask());
    const viewer = flight("a", start);
    answers.push(ask());
    finish(answers);
    expect(await Promise.all([prefetch, viewer])).toEqual([
      [true, false],
      [true, false],
    ]);
  });
});
