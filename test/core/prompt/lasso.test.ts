import { describe, expect, test } from "vitest";
import { createMask } from "../../../core/mask/mask.ts";
import { withinLassos } from "../../../core/prompt/lasso.ts";
import type { Prompt } from "../../../core/wire/index.ts";

const full = () => createMask(6, 4, new Uint8Array(24).fill(1));
const lasso = (label: "foreground" | "background"): Prompt => ({
  kind: "lasso",
  label,
  points: [
    [0.6, 0.6],
    [3.4, 0.6],
    [3.4, 2.4],
    [0.6, 2.4],
  ],
});
const rows = (data: Uint8Array) => [0, 1, 2, 3].map((y) => data.subarray(6 * y, 6 * y + 6).join(""));

describe("withinLassos", () => {
  test("no pixel lies outside an including lasso", () => {
    expect(rows(withinLassos(full(), [lasso("foreground")]))).toEqual(["000000", "011100", "011100", "000000"]);
  });

  test("no pixel lies inside an excluding lasso", () => {
    expect(rows(withinLassos(full(), [lasso("background")]))).toEqual(["111111", "100011", "100011", "111111"]);
  });

  test("an include that is given outside reaches beyond the lasso; one inside does not", () => {
    const click = (x: number): Prompt => ({ kind: "point", x, y: 1, label: "foreground" });
    expect(rows(withinLassos(full(), [lasso("foreground"), click(2)]))[0]).toBe("000000");
    expect(rows(withinLassos(full(), [lasso("foreground"), click(5)]))[0]).toBe("111111");
  });

  test("without a lasso the mask stays the same array", () => {
    const mask = full();
    expect(withinLassos(mask, [{ kind: "point", x: 1, y: 1, label: "foreground" }])).toBe(mask.data);
  });
});
