import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Slice } from "../../../core/image/volume.ts";
import { createMask } from "../../../core/mask/mask.ts";
import { greyRange, maskWithin, smoothGreys } from "../../../core/volume/greys.ts";

const [WIDTH, HEIGHT] = [17, 11];

function sliceOf(channels: 1 | 3, seed: number): Slice {
  const data = Int16Array.from(
    { length: WIDTH * HEIGHT * channels },
    (_, n) => ((n * 7919 + seed * 104729) % 1013) - 300,
  );
  const place = { rescale: { slope: 2, intercept: -1024 }, inverted: false, spacingMm: [1, 1] as const, xyToLps: [] };
  return { width: WIDTH, height: HEIGHT, channels, data, ...place };
}

/** The mean of the nine values around a pixel; beyond the border the border's own. */
function meanAround({ data, rescale: { slope, intercept } }: Slice, x: number, y: number): number {
  let sum = 0;
  for (const dy of [-1, 0, 1])
    for (const dx of [-1, 0, 1]) {
      const row = Math.min(Math.max(y + dy, 0), HEIGHT - 1);
      sum += data[row * WIDTH + Math.min(Math.max(x + dx, 0), WIDTH - 1)] * slope + intercept;
    }
  return sum / 9;
}

describe("smoothed grey values", () => {
  test("are the means of nine modality values, up to the border", () => {
    const slice = sliceOf(1, 3);
    smoothGreys(slice).forEach((value, n) => {
      expect(value).toBeCloseTo(meanAround(slice, n % WIDTH, Math.floor(n / WIDTH)), 2);
    });
  });

  test("of a box are those of the whole slice there, to the bit", () => {
    const span = (size: number) =>
      fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 3 as const),
        fc.nat(50),
        span(WIDTH),
        span(HEIGHT),
        (channels, seed, xs, ys) => {
          const slice = sliceOf(channels, seed);
          const whole = smoothGreys(slice);
          const box = { x0: xs[0], x1: xs[1], y0: ys[0], y1: ys[1] };
          const expected: number[] = [];
          for (let y = box.y0; y <= box.y1; y++)
            expected.push(...whole.subarray(y * WIDTH + box.x0, y * WIDTH + box.x1 + 1));
          expect([...smoothGreys(slice, box)]).toEqual(expected);
        },
      ),
    );
  });
});

test("a mask keeps the part that has the values of the segment where it is known", () => {
  const known = createMask(WIDTH, HEIGHT);
  const data = new Int16Array(WIDTH * HEIGHT).fill(-500);
  for (let y = 1; y < 10; y++) data.fill(100, y * WIDTH + 1, y * WIDTH + 15);
  for (let y = 2; y < 9; y++) known.data.fill(1, y * WIDTH + 2, y * WIDTH + 14);
  const slice = { ...sliceOf(1, 0), rescale: { slope: 1, intercept: 0 }, data };
  const range = greyRange([{ mask: known, slice }]);
  expect(greyRange([{ mask: createMask(WIDTH, HEIGHT), slice }])).toBeUndefined();
  const next = data.slice();
  for (let y = 0; y < HEIGHT; y++) next.fill(-500, y * WIDTH + 8, (y + 1) * WIDTH);
  const left = maskWithin(known, { ...slice, data: next }, range ?? { low: 0, high: 0 });
  const columns = [...left.data.keys()].filter((n) => left.data[n]).map((n) => n % WIDTH);
  expect([Math.min(...columns), Math.max(...columns)]).toEqual([2, 6]);
});
