import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dab, paintStroke } from "../../../core/mask/brush.ts";
import { connectedComponents } from "../../../core/mask/components.ts";
import { createMask, maskArea } from "../../../core/mask/mask.ts";
import { rowsOf } from "../support/drawing.ts";

const dab: fc.Arbitrary<Dab> = fc.record({
  x: fc.double({ min: -4, max: 24, noNaN: true }),
  y: fc.double({ min: -4, max: 24, noNaN: true }),
  radius: fc.double({ min: 0, max: 9, noNaN: true }),
});
const inside = { x: fc.double({ min: 0, max: 20, noNaN: true }), y: fc.double({ min: 0, max: 20, noNaN: true }) };

const stroke = (from: Dab, to: Dab, aspect = 1) => {
  const mask = createMask(21, 21);
  paintStroke(mask, from, to, { value: 1, aspect });
  return mask;
};

describe("paintStroke", () => {
  test("a press covers the pixels whose centres lie in the disc", () => {
    const at = { x: 2, y: 2, radius: 2 };
    const mask = createMask(5, 5);
    expect(paintStroke(mask, at, at, { value: 1 })).toBe(true);
    expect(rowsOf(mask)).toEqual(["..#..", ".###.", "#####", ".###.", "..#.."]);
    expect(paintStroke(mask, at, at, { value: 1 })).toBe(false);
  });

  test("half a pixel aside covers other pixels", () => {
    const mask = createMask(4, 4);
    const at = { x: 1.5, y: 1.5, radius: 0.8 };
    paintStroke(mask, at, at, { value: 1 });
    expect(rowsOf(mask)).toEqual(["....", ".##.", ".##.", "...."]);
  });

  test("tall pixels are covered by fewer rows", () => {
    const mask = createMask(7, 5);
    const at = { x: 3, y: 2, radius: 3 };
    paintStroke(mask, at, at, { value: 1, aspect: 3 });
    expect(rowsOf(mask)).toEqual([".......", "...#...", "#######", "...#...", "......."]);
  });

  test("covers exactly what a fine row of discs between the two places covers", () => {
    fc.assert(
      fc.property(dab, dab, fc.constantFrom(0.5, 1, 2.5), (from, to, aspect) => {
        const mask = stroke(from, to, aspect);
        const thinnest = 0.5 * Math.max(1, aspect);
        for (let step = 0; step <= 40; step++) {
          const t = step / 40;
          const [cx, cy] = [from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t];
          const least = Math.max(thinnest, Math.min(from.radius, to.radius)) - 1e-6;
          for (let n = 0; n < mask.data.length; n++) {
            const [x, y] = [n % 21, Math.floor(n / 21)];
            if (Math.hypot(x - cx, (y - cy) * aspect) <= least) expect(mask.data[n]).toBe(1);
          }
        }
        const most = Math.max(thinnest, from.radius, to.radius) + 1e-6;
        const [nearX, nearY] = [Math.round(to.x), Math.round(to.y)];
        for (let n = 0; n < mask.data.length; n++) {
          const [x, y] = [n % 21, Math.floor(n / 21)];
          if (mask.data[n] === 0 || (x === nearX && y === nearY)) continue;
          const [dx, dy] = [to.x - from.x, (to.y - from.y) * aspect];
          const length = dx * dx + dy * dy || 1;
          const t = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * aspect * dy) / length));
          expect(Math.hypot(x - from.x - dx * t, (y - from.y) * aspect - dy * t)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  test("the thinnest line has no gaps", () => {
    fc.assert(
      fc.property(fc.record(inside), fc.record(inside), (from, to) => {
        const mask = stroke({ ...from, radius: 0 }, { ...to, radius: 0 });
        expect(connectedComponents(mask, 8).count).toBe(1);
      }),
    );
  });

  test("erasing the same way leaves nothing, and what is not allowed is left alone", () => {
    fc.assert(
      fc.property(dab, dab, (from, to) => {
        const mask = stroke(from, to);
        paintStroke(mask, from, to, { value: 0 });
        expect(maskArea(mask)).toBe(0);
        const within = Uint8Array.from({ length: 441 }, (_, n) => n % 2);
        paintStroke(mask, from, to, { value: 1, within });
        expect(mask.data.every((value, n) => value === 0 || within[n] === 1)).toBe(true);
      }),
    );
  });
});
