/** Parts of slices: means, places, and the same model input from a part as from the whole. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { transformPoint } from "../../../core/image/geometry.ts";
import { levelFor, partOf, wholeOf } from "../../../core/image/part.ts";
import type { Slice } from "../../../core/image/volume.ts";
import { inputPart, modelInput, transformOf } from "../../../core/model/preprocess.ts";

const sliceFrom = (width: number, height: number, channels: 1 | 3, data: Slice["data"]): Slice => ({
  width,
  height,
  channels,
  data,
  rescale: { slope: 1, intercept: 0 },
  inverted: false,
  spacingMm: [0.5, 0.25],
  xyToLps: [0, 0.25, 0, 7, 0.5, 0, 0, -3, 0, 0, 1, 2, 0, 0, 0, 1],
});

const noise = (width: number, height: number, channels: 1 | 3, seed = 1, top = 256): Slice => {
  let state = seed;
  const data = new Uint8Array(width * height * channels).map(() => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return (state >>> 16) % top;
  });
  return sliceFrom(width, height, channels, data);
};

describe("partOf", () => {
  test("the whole at its own level is the slice itself", () => {
    const slice = noise(5, 4, 1);
    expect(partOf(slice, { region: wholeOf(slice), level: 0 })).toBe(slice);
  });

  test("each pixel is the mean of its block, of what there is of it at the far edges", () => {
    const slice = sliceFrom(3, 3, 1, Uint8Array.from([0, 2, 9, 4, 6, 11, 20, 30, 77]));
    const { width, height, data } = partOf(slice, { region: wholeOf(slice), level: 1 });
    expect([width, height, [...data]]).toEqual([2, 2, [3, 10, 25, 77]]);
  });

  test("channels stay apart, and a region begins anywhere", () => {
    const slice = sliceFrom(
      3,
      2,
      3,
      Uint8Array.from([1, 2, 3, 10, 20, 30, 30, 40, 50, 4, 5, 6, 50, 60, 70, 70, 80, 90]),
    );
    const { data } = partOf(slice, { region: { x0: 1, y0: 0, x1: 3, y1: 2 }, level: 1 });
    expect([...data]).toEqual([40, 50, 60]);
  });

  test("values that are no whole numbers are not rounded", () => {
    const slice = sliceFrom(2, 1, 1, Float32Array.from([0.25, 0.5]));
    expect([...partOf(slice, { region: wholeOf(slice), level: 1 }).data]).toEqual([0.375]);
  });

  test("a block's centre lies in the patient where the centre of its pixels lies", () => {
    const box = fc.record({ x0: fc.nat(20), y0: fc.nat(20), width: fc.integer({ min: 1, max: 30 }), level: fc.nat(4) });
    fc.assert(
      fc.property(box, ({ x0, y0, width, level }) => {
        const slice = noise(64, 64, 1);
        const step = 2 ** level;
        const part = partOf(slice, { region: { x0, y0, x1: x0 + width, y1: y0 + width }, level });
        const found = transformPoint(part.xyToLps, [1, 2, 0]);
        const middle = (step - 1) / 2;
        const wanted = transformPoint(slice.xyToLps, [x0 + step + middle, y0 + 2 * step + middle, 0]);
        found.forEach((value, axis) => void expect(value).toBeCloseTo(wanted[axis] ?? 0, 9));
        expect(part.spacingMm).toEqual([0.5 * step, 0.25 * step]);
      }),
    );
  });

  test.each([
    { x0: 0, y0: 0, x1: 6, y1: 4 },
    { x0: 2, y0: 0, x1: 2, y1: 4 },
    { x0: 0.5, y0: 0, x1: 2, y1: 4 },
  ])("a region that is empty or leaves the slice is refused: %o", (region) => {
    expect(() => partOf(noise(5, 4, 1), { region, level: 0 })).toThrow(RangeError);
  });
});

describe("the input of a model", () => {
  const input = { size: 32, mean: [0, 0, 0], std: [1, 1, 1], resize: "longest-side", layout: "top-left" } as const;

  test("is the same from the part that it is made of", () => {
    const slice = noise(301, 203, 3);
    const crop = { x0: 11, y0: 20, x1: 251, y1: 160 };
    const asked = { window: null, crop, input: input as never };
    const whole = modelInput(slice, asked);
    const request = inputPart(transformOf(slice, input as never, crop));
    expect(request.level).toBe(1);
    expect(modelInput(partOf(slice, request), asked)).toEqual(whole);
    expect(() => modelInput(partOf(slice, { ...request, level: 2 }), asked)).toThrow(RangeError);
  });

  test("is made at the slice's own level up to four times the model's square", () => {
    expect(levelFor({ x0: 0, y0: 0, x1: 127, y1: 10 }, 64)).toBe(0);
    expect(levelFor({ x0: 0, y0: 0, x1: 128, y1: 10 }, 64)).toBe(1);
  });

  test("of a coarser level differs from that of every pixel by little", () => {
    const slice = noise(512, 512, 1);
    const smooth = slice.data.map((_, n) => 128 + 90 * Math.sin((n % 512) / 23) * Math.cos(Math.floor(n / 512) / 31));
    const from = { ...slice, data: Uint8Array.from(smooth) };
    const window = { center: 128, width: 256 };
    const { image } = modelInput(from, { window, input: input as never });
    const { image: finer } = modelInput(from, { window, input: { ...input, size: 512 } as never });
    let worst = 0;
    for (let y = 2; y < 30; y++)
      for (let x = 2; x < 30; x++) {
        let sum = 0;
        for (let dy = 0; dy < 16; dy++)
          for (let dx = 0; dx < 16; dx++) sum += finer[(y * 16 + dy) * 512 + x * 16 + dx]!;
        worst = Math.max(worst, Math.abs(image[y * 32 + x]! - sum / 256));
      }
    expect(worst).toBeLessThan(12);
  });
});
