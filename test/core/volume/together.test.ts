import { describe, expect, test } from "vitest";
import { type Deferred, deferred } from "../../../core/deferred.ts";
import { together } from "../../../core/volume/together.ts";

/** Gives one value each time that its gate opens. */
async function* gated(values: readonly string[], gates: readonly Deferred<void>[], ended: string[], name: string) {
  try {
    for (const [n, value] of values.entries()) {
      await gates[n].promise;
      yield value;
    }
  } finally {
    ended.push(name);
  }
}

const gatesOf = (count: number) => Array.from({ length: count }, () => deferred<void>());

describe("together", () => {
  test("gives values as they come, whichever source they are of", async () => {
    const [a, b] = [gatesOf(2), gatesOf(2)];
    const values = together([gated(["a0", "a1"], a, [], "a"), gated(["b0", "b1"], b, [], "b")]);
    const seen: string[] = [];
    for (const [gate, expected] of [
      [b[0], "b0"],
      [b[1], "b1"],
      [a[0], "a0"],
      [a[1], "a1"],
    ] as const) {
      gate.resolve();
      seen.push((await values.next()).value ?? "");
      expect(seen.at(-1)).toBe(expected);
    }
    expect((await values.next()).done).toBe(true);
  });

  test("rejects with the first failure and ends the others", async () => {
    const ended: string[] = [];
    const gates = gatesOf(2);
    async function* failing(): AsyncGenerator<string, void> {
      yield "c0";
      throw new Error("no answer");
    }
    gates[0].resolve();
    gates[1].resolve();
    const values = together([gated(["a0", "a1"], gates, ended, "a"), failing()]);
    const readAll = async () => {
      for await (const _ of values);
    };
    await expect(readAll()).rejects.toThrow("no answer");
    expect(ended).toEqual(["a"]);
  });

  test("has no source at work any more when its reader stops", async () => {
    const ended: string[] = [];
    const gates = gatesOf(3);
    for (const gate of gates) gate.resolve();
    const sources = ["a", "b"].map((name) => gated([`${name}0`, `${name}1`, `${name}2`], gates, ended, name));
    for await (const _ of together(sources)) break;
    expect(ended.toSorted()).toEqual(["a", "b"]);
  });
});
