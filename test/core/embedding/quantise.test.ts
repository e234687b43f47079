import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dequantise, quantise } from "../../../core/embedding/quantise.ts";
import { isSegmenterError } from "../../../core/errors.ts";
import { thrownBy } from "../../support/slices.ts";

describe("quantise", () => {
  test("is off by at most half a scale", () => {
    const channel = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(channel, channel, (a, b) => {
        const values = Float32Array.from([...a, ...b]);
        const packed = quantise(values, 2);
        const back = dequantise(packed);
        for (const [i, value] of values.entries()) {
          const allowed = packed.scale[Math.floor(i / 6)]! / 2 + Math.abs(value) * 1e-6 + 1e-4;
          expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(allowed);
        }
      }),
    );
  });

  test("uses the whole range of each channel and keeps its ends", () => {
    const packed = quantise(Float32Array.of(0, 1, 255, -4, -4, 4), 2);
    expect([...packed.data]).toEqual([-128, -127, 127, -128, -128, 127]);
    const back = dequantise(packed);
    for (const [i, value] of [0, 1, 255, -4, -4, 4].entries()) expect(back[i]).toBeCloseTo(value, 5);
  });

  test("keeps a constant channel exactly", () => {
    expect(dequantise(quantise(Float32Array.of(0.1, 0.1, 7, 7), 2))).toEqual(Float32Array.of(0.1, 0.1, 7, 7));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (bad) => {
    const error = thrownBy(() => quantise(Float32Array.of(1, bad), 1));
    expect(isSegmenterError(error, "EncoderOutputInvalid")).toBe(true);
  });

  test("refuses channels that do not divide the values", () => {
    expect(() => quantise(new Float32Array(5), 2)).toThrow(RangeError);
  });
});
