import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "../../../core/tensor/float16.ts";

const half = (value: number) => toFloat16(Float32Array.of(value))[0];

describe("float16", () => {
  test.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [3 * 2 ** -25, 0x0002],
    [2 ** -14, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])("writes %d as its IEEE bits, halves to even", (value, bits) => {
    expect(half(value)).toBe(bits);
  });

  test("reads back every finite half exactly", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(toFloat16(fromFloat16(all))).toEqual(all);
  });

  test("keeps NaN", () => {
    expect(fromFloat16(toFloat16(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  });

  test("is off by at most half a unit in the last place", () => {
    fc.assert(
      fc.property(fc.double({ min: -60000, max: 60000, noNaN: true }), (value) => {
        const [back] = fromFloat16(toFloat16(Float32Array.of(value)));
        expect(Math.abs(back - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 2 ** -11, 2 ** -25) * 1.0001);
      }),
    );
  });
});
