import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boxAround, errorClick, firstClick, stroke } from "../../bench/accuracy/user.ts";
import { createMask } from "../../core/mask/mask.ts";
import { disc, drawMask } from "./masks.ts";

const blobs = fc
  .array(fc.tuple(fc.integer({ min: 2, max: 29 }), fc.integer({ min: 2, max: 29 }), fc.integer({ min: 1, max: 8 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((discs) => drawMask(32, 24, (x, y) => discs.some(([u, v, r]) => Math.hypot(x - u, y - (v % 24)) <= r)));

describe("firstClick", () => {
  test("is inside, whatever the shape", () => {
    fc.assert(
      fc.property(blobs, (truth) => {
        const { x, y, label } = firstClick(truth);
        expect(truth.data[y * truth.width + x]).toBe(1);
        expect(label).toBe("foreground");
      }),
    );
  });

  test("is the middle of a disc, and refuses an empty mask", () => {
    expect(firstClick(disc(31, 14, 17, 9))).toMatchObject({ x: 14, y: 17 });
    expect(() => firstClick(createMask(5, 5))).toThrow(RangeError);
  });
});

describe("errorClick", () => {
  const truth = drawMask(40, 20, (x, y) => x >= 10 && x < 25 && y >= 5 && y < 15);

  test("adds in the middle of what was missed when that is more", () => {
    const mask = drawMask(40, 20, (x, y) => x >= 21 && x < 28 && y >= 5 && y < 15);
    const click = errorClick(truth, mask);
    expect(click.label).toBe("foreground");
    expect(click.x).toBeLessThan(21);
    expect(truth.data[click.y * 40 + click.x]).toBe(1);
  });

  test("takes away in the largest part of what is too much when that is more", () => {
    const mask = drawMask(40, 20, (x, y) => (x >= 10 && y >= 5 && y < 15 && x < 39) || (x < 3 && y < 3));
    const click = errorClick(truth, mask);
    expect(click.label).toBe("background");
    expect(click).toMatchObject({ kind: "point" });
    expect(click.x).toBeGreaterThanOrEqual(25);
  });

  test("lies where truth and mask differ, with the label of the truth", () => {
    fc.assert(
      fc.property(blobs, blobs, (a, b) => {
        fc.pre(a.data.some((value, n) => value !== b.data[n]));
        const { x, y, label } = errorClick(a, b);
        const n = y * a.width + x;
        expect(a.data[n]).not.toBe(b.data[n]);
        expect(label).toBe(a.data[n] ? "foreground" : "background");
      }),
    );
  });
});

describe("stroke", () => {
  test("runs along the main axis of an ellipse, nine tenths of its length", () => {
    const ellipse = drawMask(80, 60, (x, y) => ((x - 40) / 30) ** 2 + ((y - 30) / 10) ** 2 <= 1);
    const { points, label } = stroke(ellipse);
    expect(label).toBe("foreground");
    expect(points).toHaveLength(16);
    expect(points[0]).toEqual([40 - 27, 30]);
    expect(points[15]).toEqual([40 + 27, 30]);
  });

  test("starts from the deepest pixel and stays within a pixel of the mask, whatever the shape", () => {
    fc.assert(
      fc.property(blobs, (truth) => {
        for (const [x, y] of stroke(truth).points) {
          const near = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [Math.round(x) + dx, Math.round(y) + dy]));
          expect(near.some(([u, v]) => truth.data[v! * truth.width + u!] === 1)).toBe(true);
        }
      }),
    );
    expect(() => stroke(createMask(4, 4))).toThrow(RangeError);
  });
});

test("a box holds the mask's corner pixels, and a line of one pixel has some thickness", () => {
  expect(boxAround(drawMask(9, 9, (x, y) => x >= 2 && x < 5 && y === 3))).toMatchObject({
    x0: 2,
    y0: 3,
    x1: 4,
    y1: 3.5,
  });
});
