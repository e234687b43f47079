import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resizeTriangle } from "../../../core/model/resize.ts";

const pattern = (length: number) => Float32Array.from({ length }, (_, i) => (i * 7919) % 251);

/** Of torch 2.15: F.interpolate(x, (outH, outW), mode="bilinear", antialias=True, align_corners=False). */
const TORCH = [
  { size: [7, 5, 3, 2], first: [124.2922, 122.3155, 119.1883, 128.1558, 110.0722, 140.9805] },
  {
    size: [5, 4, 8, 9],
    first: [0, 60.375, 130.9375, 60.3125, 68.125, 154.375, 99.4375, 50, 31.3333, 73.4062, 123.0521],
  },
  {
    size: [10, 3, 4, 3],
    first: [69.5455, 105.76, 132.24, 168.4545, 80.4546, 100.24, 136.76, 156.5454, 148.4091, 104.76, 131.24, 167.4545],
  },
  { size: [9, 9, 4, 9], first: [64.1429, 99.9512, 128.6097, 143.4286, 144.3714, 86.9512, 115.6097, 130.4286] },
] as const;

describe("resizeTriangle", () => {
  test.each(TORCH)("equals torch's antialiased bilinear for $size", ({ size: [w, h, outW, outH], first }) => {
    const out = resizeTriangle(pattern(w * h), w, h, outW, outH);
    expect(out).toHaveLength(outW * outH);
    for (const [i, value] of first.entries()) expect(out[i]).toBeCloseTo(value, 3);
  });

  test("keeps a constant picture constant, at any size", () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, (w, h, outW, outH) => {
        const out = resizeTriangle(new Float32Array(w * h).fill(77), w, h, outW, outH);
        expect(out.every((value) => Math.abs(value - 77) < 1e-4)).toBe(true);
      }),
    );
  });

  test("keeps the values within the range of the source and leaves the source alone", () => {
    const source = pattern(30 * 20);
    const copy = source.slice();
    const out = resizeTriangle(source, 30, 20, 30, 20);
    out.fill(0);
    expect(source).toEqual(copy);
    const small = resizeTriangle(source, 30, 20, 7, 11);
    expect(Math.max(...small)).toBeLessThanOrEqual(250);
    expect(Math.min(...small)).toBeGreaterThanOrEqual(0);
  });

  test("refuses sizes that do not fit", () => {
    expect(() => resizeTriangle(new Float32Array(5), 2, 3, 1, 1)).toThrow(RangeError);
    expect(() => resizeTriangle(new Float32Array(6), 2, 3, 0, 1)).toThrow(RangeError);
  });
});
