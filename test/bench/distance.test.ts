import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepestPixel, squaredDistance } from "../../bench/accuracy/distance.ts";
import { createMask, type Mask } from "../../core/mask/mask.ts";

/** Distance to every pixel that is not in the mask, the ring around the picture included. */
function bruteForce({ width, height, data }: Mask): number[] {
  return Array.from(data, (value, n) => {
    let best = value === 0 ? 0 : Number.POSITIVE_INFINITY;
    for (let y = -1; y <= height; y++) {
      for (let x = -1; x <= width; x++) {
        const within = x >= 0 && y >= 0 && x < width && y < height;
        if (within && data[y * width + x] !== 0) continue;
        best = Math.min(best, (x - (n % width)) ** 2 + (y - Math.floor(n / width)) ** 2);
      }
    }
    return best;
  });
}

const masks = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height, rarity]) =>
    fc
      .array(fc.integer({ min: 0, max: rarity }), { minLength: width * height, maxLength: width * height })
      .map((draws) =>
        createMask(
          width,
          height,
          Uint8Array.from(draws, (draw) => (draw > 0 ? 1 : 0)),
        ),
      ),
  );

describe("squaredDistance", () => {
  test("equals brute force", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect([...squaredDistance(mask)]).toEqual(bruteForce(mask));
      }),
    );
  });

  test("sees a mask that fills the picture as bounded by the frame", () => {
    expect([...squaredDistance(createMask(3, 3, new Uint8Array(9).fill(1)))]).toEqual([1, 1, 1, 1, 4, 1, 1, 1, 1]);
  });
});

describe("deepestPixel", () => {
  test("is the first of equals in raster order, and nothing for an empty mask", () => {
    expect(deepestPixel(createMask(4, 1, Uint8Array.of(0, 1, 1, 0)))).toEqual({ x: 1, y: 0 });
    expect(deepestPixel(createMask(4, 1))).toBeUndefined();
  });
});
