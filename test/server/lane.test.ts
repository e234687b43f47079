import { getPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { SegmenterError } from "../../core/errors.ts";
import { startChild } from "../../server/processes/child-handle.ts";
import type { CallOptions } from "../../server/processes/job.ts";
import { Lane } from "../../server/processes/lane.ts";
import type { LaneOptions } from "../../server/processes/lane-options.ts";
import type { Order } from "./lane-child.ts";

/** Starting children from source takes seconds on a busy machine. */
const timeout = 90_000;
const MIB = 2 ** 20;

function openLane(options: Partial<LaneOptions<Order, string>> = {}) {
  const entry = new URL("./lane-child.ts", import.meta.url);
  const lane = new Lane<Order, string>({
    name: "read",
    slots: 1,
    queue: 8,
    waitMs: 60_000,
    runMs: 60_000,
    start: () => startChild({ name: "test", entry, setup: null, bare: true }),
    ...options,
  });
  onTestFinished(() => lane.close({ graceMs: 0 }));
  const ask = async (order: Order, call: CallOptions & { residentBytes?: number } = {}) => {
    const { residentBytes, ...rest } = call;
    const work = { run: (child: { run(order: Order): Promise<string> }) => child.run(order) };
    return (await lane.submit({ ...work, ...(residentBytes === undefined ? {} : { residentBytes }) }, rest)).result;
  };
  const ready = async (children = 1) => {
    lane.warm(children);
    while (lane.stats().idle < children) await sleep(5);
  };
  return { lane, ask, ready };
}

const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => "answered",
    (error) => error.code,
  );

describe("one supervised process", { timeout }, () => {
  test("answers, and errors keep their code across the boundary", async () => {
    const { ask } = openLane();
    expect(await ask({ kind: "echo", text: "ä 3" })).toBe("ä 3");
    await expect(ask({ kind: "refuse" })).rejects.toMatchObject({ code: "InvalidPrompt", detail: { index: 3 } });
  });

  test("is started when it is needed and ends when it rests", async () => {
    const { lane, ask } = openLane({ retirement: { idleMs: 300, residentBytes: 2 ** 40 } });
    await sleep(50);
    expect(lane.stats().pids).toEqual([]);
    expect(await ask({ kind: "echo", text: "up" })).toBe("up");
    const [pid] = lane.stats().pids;
    await expect.poll(() => lane.stats().pids, { timeout: 10_000 }).toEqual([]);
    expect(await ask({ kind: "echo", text: "again" })).toBe("again");
    expect(lane.stats().pids).not.toContain(pid);
    expect(lane.stats()).toMatchObject({ deaths: 0, finished: 2 });
  });

  test("is not used again when it has grown", async () => {
    const { lane, ask } = openLane({ retirement: { idleMs: 60_000, residentBytes: 1 } });
    await ask({ kind: "echo", text: "" });
    const [pid] = lane.stats().pids;
    await ask({ kind: "echo", text: "" });
    expect(lane.stats().pids).not.toContain(pid);
  });

  test("that dies before it gets a task is not counted against it: two are killed, and the next one does it", async () => {
    const { lane, ask, ready } = openLane({ slots: 2 });
    await ready(2);
    const [busy, idle] = lane.stats().pids;
    const asked = ask({ kind: "sleep", ms: 2000 });
    process.kill(idle, "SIGSTOP"); // seems to be there, and answers nothing
    process.kill(busy, "SIGKILL");
    while (lane.stats().deaths === 0) await sleep(5);
    await sleep(50);
    process.kill(idle, "SIGKILL");
    expect(await asked).toBe("slept");
    expect(lane.stats()).toMatchObject({ deaths: 2, finished: 1 });
  });

  test("costs a job as many processes as the lane says, then the caller is told when to come back", async () => {
    const { lane, ask } = openLane();
    await expect(ask({ kind: "die" })).rejects.toMatchObject({
      code: "EncoderCrashed",
      detail: { attempts: 2, retryAfterS: expect.any(Number) },
    });
    expect(lane.stats().deaths).toBeGreaterThanOrEqual(1);
    const once = openLane({
      attempts: 1,
      crashed: () => new SegmenterError("MalformedFile", { format: "f", field: "f", reason: "r" }),
    });
    expect(await codeOf(once.ask({ kind: "die" }))).toBe("MalformedFile");
    expect(await once.ask({ kind: "echo", text: "next" })).toBe("next");
  });
});

describe("F-8: memory", { timeout }, () => {
  test("over the bound of a job ends its process, and no other", async () => {
    const { ask, ready } = openLane({ slots: 2, memory: { totalBytes: 2 ** 40, what: "memory" } });
    await ready(2);
    const other = ask({ kind: "sleep", ms: 1500 });
    const taken = ask({ kind: "take", bytes: 2048 * MIB }, { residentBytes: 400 * MIB });
    await expect(taken).rejects.toMatchObject({ code: "TooLarge", detail: { what: "memory", limit: 400 * MIB } });
    expect(await other).toBe("slept");
  });

  test("of all together is bounded too: the largest ends and may come back", async () => {
    const { ask, ready } = openLane({ slots: 2, memory: { totalBytes: 500 * MIB, what: "memory" } });
    await ready(2);
    const bound = { residentBytes: 4096 * MIB };
    const leaving = new AbortController();
    const small = codeOf(ask({ kind: "sleep", ms: 60_000 }, { ...bound, signal: leaving.signal }));
    expect(await codeOf(ask({ kind: "take", bytes: 2048 * MIB }, bound))).toBe("Saturated");
    leaving.abort();
    expect(await small).toBe("Cancelled");
  });
});

describe("a run that takes long", { timeout }, () => {
  test("gives up its place and its priority, so that the short ones beside it wait for nothing", async () => {
    const yielding = { afterMs: 200, places: 1 };
    const { lane, ask, ready } = openLane({
      slots: 3,
      yielding,
      retirement: { idleMs: 60_000, residentBytes: 2 ** 40 },
    });
    await ready(3);
    const long = [codeOf(ask({ kind: "spin", ms: 4000 })), codeOf(ask({ kind: "spin", ms: 4000 }))];
    await sleep(700);
    expect(await Promise.race([ask({ kind: "echo", text: "short" }), ...long])).toBe("short");
    const priorities = lane.stats().pids.map((pid) => getPriority(pid));
    expect(priorities.filter((priority) => priority > getPriority())).toHaveLength(2);
    expect(await Promise.all(long)).toEqual(["answered", "answered"]);
    await expect.poll(() => lane.stats().pids.length, { timeout: 10_000 }).toBe(1);
  });
});

describe("L-2, L-3: a full queue", { timeout }, () => {
  test("refuses before any run ends; callers that come back when they are told all get their answer in as many tries as it takes to fill the queue with them", async () => {
    const { lane, ask, ready } = openLane({ queue: 8 });
    await ready();
    for (let n = 0; n < 5; n++) await ask({ kind: "sleep", ms: 40 });
    const runsMeanwhile: number[] = [];
    const client = async (): Promise<number> => {
      for (let tries = 1; ; tries++) {
        const { finished } = lane.stats();
        const error = await ask({ kind: "sleep", ms: 40 }).then(
          () => undefined,
          (thrown) => thrown,
        );
        if (!error) return tries;
        expect(error.code).toBe("Saturated");
        expect(Number.isInteger(error.detail.retryAfterS) && error.detail.retryAfterS >= 1).toBe(true);
        runsMeanwhile.push(lane.stats().finished - finished);
        await sleep(error.detail.retryAfterS * 1000 + Math.random() * 100);
      }
    };
    const tries = (await Promise.all(Array.from({ length: 100 }, client))).toSorted((a, b) => a - b);
    expect(runsMeanwhile.length).toBeGreaterThan(50);
    expect(new Set(runsMeanwhile)).toEqual(new Set([0]));
    expect(tries.at(-1)!).toBeLessThanOrEqual(Math.ceil(100 / 8)); // a queue of 8, filled once for each 8 of the 100
  });

  test("tells the truth: whoever comes back then is taken, and it was not empty long before", async () => {
    const { lane, ask, ready } = openLane({ queue: 4 });
    await ready();
    for (let n = 0; n < 5; n++) await ask({ kind: "sleep", ms: 250 });
    const taken = Array.from({ length: 5 }, () => ask({ kind: "sleep", ms: 250 }));
    const told = await Promise.all(
      Array.from({ length: 4 }, () =>
        ask({ kind: "sleep", ms: 250 }).then(
          () => 0,
          (error) => error.detail.retryAfterS,
        ),
      ),
    );
    expect(told).toEqual([1, 1, 1, 2]);
    await Promise.all(taken);
    expect(lane.stats()).toMatchObject({ queued: 0, busy: 0 });
  });
});
