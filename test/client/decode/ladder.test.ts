import { describe, expect, test } from "vitest";
import type { Backend } from "../../../client/decode/backend.ts";
import { createLadder } from "../../../client/decode/ladder.ts";
import { BackendFailure, createLifeline } from "../../../client/decode/lifeline.ts";
import type { BackendName, Embedding, SegmenterStatus } from "../../../client/types.ts";
import { deferred } from "../../../core/deferred.ts";
import { SegmenterError } from "../../../core/errors.ts";

const EMBEDDING: Embedding = {
  id: "sha256:00",
  imageId: "sha256:01",
  plane: "native",
  slice: 0,
  window: null,
  transform: { crop: { x0: 0, y0: 0, x1: 8, y1: 8 }, scaleX: 1, scaleY: 1, width: 8, height: 8, inputSize: 8 },
  model: "tiny",
  width: 8,
  height: 8,
};

interface Rung extends Backend {
  lose(reason: string): void;
}

function rung(name: BackendName): Rung {
  const { ended, cut, guard } = createLifeline();
  const prepare = () => guard(Promise.resolve(), 60_000);
  const answer = () => Promise.reject(new Error("jobs of these tests do not decode"));
  return { name, note: "test", threads: 1, ms: 1, lost: ended, lose: cut, prepare, answer, close() {} };
}

function ladderOf(opens: Partial<Record<BackendName, () => Rung | Promise<Rung>>>, standIn?: Backend) {
  const opened: Rung[] = [];
  const statuses: Omit<SegmenterStatus, "model">[] = [];
  const ladder = createLadder({
    rungs: ["webgpu", "wasm", "server"],
    open: async (name) => {
      const backend = await (opens[name] ?? (() => rung(name)))();
      opened.push(backend);
      return backend;
    },
    report: (status) => statuses.push(status),
    standIn,
  });
  return { ladder, opened, last: () => statuses.at(-1)!, names: () => opened.map(({ name }) => name) };
}

const refuse = (reason: string) => () => {
  throw new Error(reason);
};
const nameOf = async ({ name, prepare }: Backend) => {
  await prepare(EMBEDDING);
  return name;
};

describe("createLadder", () => {
  test("takes the first backend that opens and says why not a better one", async () => {
    const { ladder, last } = ladderOf({ webgpu: refuse("this browser offers no GPU") });
    expect(await ladder.run(nameOf)).toBe("wasm");
    expect(last()).toMatchObject({ state: "ready", backend: "wasm" });
    expect(last().reason).toBe("WASM, test. No WebGPU: this browser offers no GPU.");
  });

  test("gives a lost backend one new start, and the next rung when it is lost again", async () => {
    const { ladder, opened, last, names } = ladderOf({});
    await ladder.ready();
    opened[0]!.lose("Device was destroyed.");
    expect(await ladder.run(nameOf)).toBe("webgpu");
    expect(last().reason).toBe("WebGPU, test. Started again: Device was destroyed.");
    opened[1]!.lose("the device was destroyed");
    expect(await ladder.run(nameOf)).toBe("wasm");
    expect(last().reason).toBe("WASM, test. No WebGPU: the device was destroyed.");
    expect(names()).toEqual(["webgpu", "webgpu", "wasm"]);
  });

  test("does the same job again on the next backend when one fails at it", async () => {
    const { ladder } = ladderOf({});
    const job = async ({ name }: Backend) => {
      if (name !== "server") throw new BackendFailure("it answered with zeros", false);
      return name;
    };
    expect(await ladder.run(job)).toBe("server");
  });

  test("concurrent jobs on a lost backend cause one replacement", async () => {
    const { ladder, names } = ladderOf({});
    let failures = 0;
    const job = async ({ name }: Backend) => {
      if (failures++ < 3) throw new BackendFailure("lost", true);
      return name;
    };
    expect(await Promise.all([ladder.run(job), ladder.run(job), ladder.run(job)])).toEqual(Array(3).fill("webgpu"));
    expect(names()).toEqual(["webgpu", "webgpu"]);
  });

  test("an error of the request is the caller's, and changes no backend", async () => {
    const { ladder, names } = ladderOf({});
    const wrong = new SegmenterError("InvalidPrompt", { index: 0, reason: "outside" });
    await expect(ladder.run(() => Promise.reject(wrong))).rejects.toBe(wrong);
    expect(names()).toEqual(["webgpu"]);
  });

  test("after close every job rejects, also one under way", async () => {
    const { ladder } = ladderOf({});
    const closing = ladder.run(async () => {
      ladder.close();
      throw new BackendFailure("closed", true);
    });
    await expect(closing).rejects.toMatchObject({ code: "Cancelled" });
    await expect(ladder.run(nameOf)).rejects.toMatchObject({ code: "Cancelled" });
  });
});

describe("a stand-in", () => {
  const { promise: started, resolve: start } = deferred<Rung>();
  const starts = [started, Promise.resolve(rung("webgpu"))];
  const { ladder, opened } = ladderOf(
    { webgpu: () => starts.shift() ?? rung("webgpu") },
    { ...rung("server"), note: "stand-in" },
  );
  const noteOf = async ({ note }: Backend) => note;

  test("answers while the first backend starts", async () => {
    expect(ladder.standsIn()).toBe(true);
    expect(await ladder.soonest(noteOf)).toEqual({ done: "stand-in", early: true });
  });

  test("leaves to the backend what it cannot do, and what is asked of the ladder alone", async () => {
    const failing = ladder.soonest(async ({ note }) => {
      if (note === "stand-in") throw new SegmenterError("Saturated", { retryAfterS: 1 });
      return note;
    });
    const alone = ladder.run(noteOf);
    start(rung("webgpu"));
    expect(await failing).toEqual({ done: "test", early: false });
    expect(await alone).toBe("test");
  });

  test("is asked no more once there is a backend, and again while that one starts anew", async () => {
    expect(ladder.standsIn()).toBe(false);
    expect(await ladder.soonest(noteOf)).toEqual({ done: "test", early: false });
    opened[0]!.lose("the device was lost");
    await Promise.resolve();
    expect(ladder.standsIn()).toBe(true);
    await ladder.ready();
    expect(ladder.standsIn()).toBe(false);
  });

  test("does not answer for a ladder that is closed", async () => {
    const { promise: opening, resolve: open } = deferred<Rung>();
    const { promise: answer, resolve: reply } = deferred<string>();
    const closing = ladderOf({ webgpu: () => opening }, rung("server")).ladder;
    const asked = closing.soonest(() => answer);
    closing.close();
    reply("late");
    open(rung("webgpu"));
    await expect(asked).rejects.toMatchObject({ code: "Cancelled" });
  });
});
