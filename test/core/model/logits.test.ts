import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskArea } from "../../../core/mask/mask.ts";
import { logitsIn, logitsToMask, stabilityScore } from "../../../core/model/logits.ts";
import { transformOf } from "../../../core/model/preprocess.ts";
import type { Transform } from "../../../core/wire/index.ts";
import { inputSpec } from "../../support/slices.ts";

const INPUT = inputSpec(512);
const transform = (width: number, height: number, crop?: { x0: number; y0: number; x1: number; y1: number }) =>
  transformOf({ width, height, spacingMm: undefined }, INPUT, crop);

/** Logits of a half plane: positive left of `edge` (share of the model's square). */
const leftOf = (edge: number, side = 256) =>
  Float32Array.from({ length: side * side }, (_, i) => edge * side - ((i % side) + 0.5));

/** The value of square logits under the middle of a pixel, as OpenCV's and PyTorch's bilinear resizing place it. */
function bilinear(logits: Float32Array, { scaleX, scaleY, inputSize }: Transform, [x, y]: [number, number]): number {
  const side = Math.sqrt(logits.length);
  const place = (at: number, scale: number) =>
    Math.min(Math.max(((at + 0.5) * scale * side) / inputSize - 0.5, 0), side - 1);
  const [u, v] = [place(x, scaleX), place(y, scaleY)];
  const [i, j] = [Math.min(Math.floor(u), side - 2), Math.min(Math.floor(v), side - 2)];
  const at = (di: number, dj: number) => logits[(j + dj) * side + i + di]!;
  const row = (dj: number) => at(0, dj) + (at(1, dj) - at(0, dj)) * (u - i);
  return row(0) + (row(1) - row(0)) * (v - j);
}

describe("logitsToMask", () => {
  test.each([
    [512, 512],
    [200, 100],
    [1000, 333],
    [7, 13],
    [4096, 3000],
  ])("puts an edge where it belongs in a %i×%i slice", (width, height) => {
    const mapping = transform(width, height);
    const mask = logitsToMask(leftOf(0.25), mapping, { width, height });
    const expected = Math.round((0.25 * 512) / mapping.scaleX);
    expect(Math.abs(maskArea(mask) / height - expected)).toBeLessThanOrEqual(1);
    expect(mask.data[0]).toBe(1);
  });

  test("areas scale exactly with the slice", () => {
    const size = fc.integer({ min: 16, max: 600 });
    fc.assert(
      fc.property(size, size, (width, height) => {
        const area = maskArea(
          logitsToMask(new Float32Array(65536).fill(1), transform(width, height), { width, height }),
        );
        expect(area).toBe(width * height);
      }),
      { numRuns: 30 },
    );
  });

  test("outside the crop there is nothing", () => {
    const crop = { x0: 20, y0: 10, x1: 60, y1: 40 };
    const mask = logitsToMask(new Float32Array(65536).fill(1), transform(100, 80, crop), { width: 100, height: 80 });
    expect(maskArea(mask)).toBe(40 * 30);
    expect(mask.data[10 * 100 + 20]).toBe(1);
    expect(mask.data[9 * 100 + 20]).toBe(0);
  });

  test("agrees with interpolating every pixel by itself", () => {
    const gradients = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 64, maxLength: 64 });
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(gradients, size, size, (values, width, height) => {
        const logits = Float32Array.from(values);
        const mapping = transform(width, height);
        const { data } = logitsToMask(logits, mapping, { width, height }, 0.25);
        const differs = (inside: number, n: number) => {
          const value = bilinear(logits, mapping, [n % width, Math.floor(n / width)]);
          return Math.abs(value - 0.25) > 1e-5 && inside !== Number(value > 0.25);
        };
        expect(data.some(differs)).toBe(false);
      }),
    );
  });

  test("a threshold moves the edge", () => {
    const size = { width: 512, height: 512 };
    const areas = [-10, 0, 10].map((t) => maskArea(logitsToMask(leftOf(0.5), transform(512, 512), size, t)));
    expect(areas).toEqual(areas.toSorted((a, b) => b - a));
    expect(new Set(areas).size).toBe(3);
  });

  test("logits that are not square are refused", () => {
    expect(() => logitsToMask(new Float32Array(5), transform(5, 5), { width: 5, height: 5 })).toThrow(RangeError);
  });

  test("a single logit fills the slice", () => {
    expect(maskArea(logitsToMask(Float32Array.of(1), transform(5, 5), { width: 5, height: 5 }))).toBe(25);
  });
});

describe("logitsIn", () => {
  const whole = transform(523, 401);

  test("leaves logits in their own frame as they are", () => {
    const logits = Float32Array.from({ length: 256 * 256 }, (_, i) => Math.sin(i));
    const same = logitsIn(logits, whole, whole);
    expect(Math.max(...same.map((value, i) => Math.abs(value - logits[i])))).toBeLessThan(1e-3);
  });

  test("puts what a mask shows at the same place of the slice into a crop of it", () => {
    const size = { width: 523, height: 401 };
    const near = transform(523, 401, { x0: 90, y0: 111, x1: 190, y1: 211 });
    const logits = leftOf(0.25);
    const [far, close] = [logitsToMask(logits, whole, size), logitsToMask(logitsIn(logits, whole, near), near, size)];
    for (let y = 111; y < 211; y++)
      expect(close.data.subarray(y * 523 + 90, y * 523 + 190)).toEqual(far.data.subarray(y * 523 + 90, y * 523 + 190));
  });

  test("is bilinear, and clamped at the border", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 63 }), fc.nat(1000), (x, y, seed) => {
        const logits = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i * 0.37 + seed) * 5);
        const near = transform(523, 401, { x0: 423, y0: 301, x1: 523, y1: 401 });
        const place = ([at, scale, start]: [number, number, number]) => (at + 0.5) * (512 / 64 / scale) + start - 0.5;
        const expected = bilinear(logits, whole, [place([x, near.scaleX, 423]), place([y, near.scaleY, 301])]);
        expect(logitsIn(logits, whole, near)[y * 64 + x]).toBeCloseTo(expected, 3);
      }),
    );
  });
});

describe("stabilityScore", () => {
  test.each([
    ["sharp edges", [9, 9, -9, -9], 1],
    ["one pixel in doubt", [9, 9, 0, -9], 2 / 3],
    ["all in doubt", [0, 0.5], 0],
    ["nothing at all", [-9, -9], 1],
  ])("of %s", (_, logits, expected) => {
    expect(stabilityScore(Float32Array.from(logits))).toBeCloseTo(expected);
  });
});
