import { describe, expect, test } from "vitest";
import { areaUnderCurve, correlation, meanBySource, valuesOf } from "../../bench/accuracy/metrics.ts";
import { maskDice, maskIou } from "../../core/mask/mask.ts";
import { drawMask } from "./masks.ts";

describe("overlap by hand", () => {
  const four = drawMask(4, 4, (x, y) => x < 2 && y < 2);
  const six = drawMask(4, 4, (x, y) => x < 3 && y < 2);

  test("four of six pixels: Dice 2·4/(4+6), IoU 4/6", () => {
    expect(maskDice(four, six)).toBeCloseTo(0.8, 12);
    expect(maskIou(four, six)).toBeCloseTo(2 / 3, 12);
  });

  test("two empty masks agree, one empty mask does not", () => {
    const none = drawMask(4, 4, () => false);
    expect([maskDice(none, none), maskIou(none, none)]).toEqual([1, 1]);
    expect([maskDice(none, four), maskIou(none, four)]).toEqual([0, 0]);
  });
});

describe("meanBySource", () => {
  const row = (source: string, scores: Record<string, number>) => ({ source, scores });
  const rows = [row("a", { dice1: 0 }), row("a", { dice1: 0.4 }), row("b", { dice1: 1 }), row("c", { box: 1 })];

  test("counts sources, not objects, and leaves out those without the score", () => {
    expect(meanBySource(rows, "dice1")).toBeCloseTo(0.6, 12);
    expect(meanBySource(rows, "text")).toBeUndefined();
  });

  test("values that are no numbers do not count", () => {
    expect(valuesOf([...rows, row("d", { dice1: Number.NaN })], "dice1")).toEqual([0, 0.4, 1]);
  });
});

describe("areaUnderCurve", () => {
  test.each([
    { name: "perfect order", positive: [0.9, 0.8], negative: [0.1, 0.2], area: 1 },
    { name: "all ties", positive: [0.5, 0.5], negative: [0.5], area: 0.5 },
    { name: "one of four pairs wrong", positive: [0.9, 0.3], negative: [0.4, 0.1], area: 0.75 },
  ])("$name", ({ positive, negative, area }) => expect(areaUnderCurve(positive, negative)).toBe(area));

  test("is undefined without both sides", () => expect(areaUnderCurve([1], [])).toBeUndefined());
});

describe("correlation", () => {
  test("is 1 for a rising line, −1 for a falling one, undefined for a constant", () => {
    expect(correlation([1, 2, 3], [10, 20, 30])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlation([1, 2, 3], [5, 5, 5])).toBeUndefined();
  });

  test("agrees with a hand-made example", () => expect(correlation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12));
});
