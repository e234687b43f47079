import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMask, fillHoles, maskArea, maskBounds, maskDice, maskIou, masksEqual } from "../../../core/mask/mask.ts";
import { anyMask, draw, rowsOf } from "../support/drawing.ts";

describe("masks", () => {
  test("are empty unless data is given, whose length must fit", () => {
    expect(maskArea(createMask(3, 2))).toBe(0);
    expect(() => createMask(3, 2, new Uint8Array(5))).toThrow("needs 6 bytes, got 5");
  });

  test("have bounds that include the corner pixels, or none", () => {
    expect(maskBounds(draw([".....", "..#..", ".##..", "....."]))).toEqual({ x0: 1, y0: 1, x1: 2, y1: 2 });
    expect(maskBounds(draw(["...#"]))).toEqual({ x0: 3, y0: 0, x1: 3, y1: 0 });
    expect(maskBounds(createMask(4, 4))).toBeNull();
  });

  test("have the area and bounds of their pixels, wherever their bytes begin", () => {
    const bytes = fc.uint8Array({ min: 0, max: 1, minLength: 0, maxLength: 3000 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 40 }), (all, skip, width) => {
        const height = Math.floor(Math.max(0, all.length - skip) / width);
        const mask = createMask(width, height, all.subarray(skip, skip + width * height));
        const inside = [...mask.data.keys()].filter((n) => mask.data[n] === 1);
        expect(maskArea(mask)).toBe(inside.length);
        const [xs, ys] = [inside.map((n) => n % width), inside.map((n) => Math.floor(n / width))];
        const box = { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
        expect(maskBounds(mask)).toEqual(inside.length === 0 ? null : box);
      }),
    );
  });

  test("of more than 255 words have their area too", () => {
    expect(maskArea(createMask(100, 77, new Uint8Array(7700).fill(1)))).toBe(7700);
  });

  test("IoU and Dice are symmetric, 1 for equals, and Dice = 2·IoU / (1 + IoU)", () => {
    fc.assert(
      fc.property(anyMask, fc.infiniteStream(fc.boolean()), (a, flips) => {
        const b = createMask(
          a.width,
          a.height,
          a.data.map((value) => value ^ Number(flips.next().value)),
        );
        const iou = maskIou(a, b);
        expect(maskIou(b, a)).toBe(iou);
        expect(maskIou(a, a)).toBe(1);
        expect(maskDice(a, b)).toBeCloseTo((2 * iou) / (1 + iou), 12);
        expect(masksEqual(a, b)).toBe(iou === 1);
      }),
    );
    expect(maskIou(draw(["##.."]), draw([".##."]))).toBeCloseTo(1 / 3, 12);
    expect(() => maskIou(draw(["#"]), draw(["##"]))).toThrow("got 1 × 1 and 2 × 1");
    expect(masksEqual(draw(["##"]), draw(["#", "#"]))).toBe(false);
  });

  test("holes are filled unless edges of background lead out; a diagonal gap does not", () => {
    expect(rowsOf(fillHoles(draw(["#####", "#...#", "#.#.#", "#...#", "####."])))).toEqual([
      ...["#####", "#####", "#####", "#####", "####."],
    ]);
    expect(rowsOf(fillHoles(draw(["###", "#.#", "#.#"])))).toEqual(["###", "#.#", "#.#"]);
  });

  test("filling adds only background, and twice is once", () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const filled = fillHoles(mask);
        mask.data.forEach((value, n) => {
          expect(filled.data[n]).toBeGreaterThanOrEqual(value);
        });
        expect(fillHoles(filled)).toEqual(filled);
      }),
    );
  });
});
