import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eroded, longestBorder } from "../../bench/accuracy/border.ts";
import { createRandom } from "../../bench/accuracy/random.ts";
import { boxAround, errorClick, firstClick, stroke } from "../../bench/accuracy/user.ts";
import { createMask } from "../../core/mask.ts";
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
  test("stays inside, has at most 16 points and repeats with its seed", () => {
    fc.assert(
      fc.property(blobs, fc.string(), (truth, seed) => {
        const { points, label } = stroke(truth, createRandom(seed));
        expect(points.length).toBeGreaterThan(0);
        expect(points.length).toBeLessThanOrEqual(16);
        expect(points.every(([x, y]) => truth.data[y * truth.width + x] === 1)).toBe(true);
        expect(label).toBe("foreground");
        expect(stroke(truth, createRandom(seed)).points).toEqual(points);
      }),
    );
  });
});

describe("borders", () => {
  test("a square of five has a border of sixteen pixels and erodes to one of three", () => {
    const square = drawMask(9, 9, (x, y) => x >= 2 && x < 7 && y >= 2 && y < 7);
    expect(new Set(longestBorder(square).map(({ x, y }) => `${x},${y}`)).size).toBe(16);
    expect(longestBorder(square)).toHaveLength(16);
    expect(eroded(square)).toEqual(drawMask(9, 9, (x, y) => x >= 3 && x < 6 && y >= 3 && y < 6));
  });

  test("a line is walked there and back, a single pixel is its own border", () => {
    expect(longestBorder(drawMask(6, 3, (x, y) => y === 1 && x >= 1 && x < 5))).toHaveLength(6);
    expect(longestBorder(drawMask(6, 3, (x, y) => y === 1 && x === 2))).toEqual([{ x: 2, y: 1 }]);
  });

  test("every border pixel of a blob touches the outside", () => {
    fc.assert(
      fc.property(blobs, (mask) => {
        const inner = eroded(mask);
        const touches = ({ x, y }: { x: number; y: number }) =>
          inner.data[y * mask.width + x] === 0 || x === 0 || y === 0 || x === mask.width - 1 || y === mask.height - 1;
        expect(longestBorder(mask).every(touches)).toBe(true);
      }),
    );
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
