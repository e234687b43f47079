import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskArea } from "../../../core/mask/mask.ts";
import { fillPolygon, fillRings, resamplePolyline, type Vertex } from "../../../core/mask/polygon.ts";
import { rowsOf } from "../support/drawing.ts";

/** Eighths of a pixel: whole, half and other positions, without the rounding that would blur a tie. */
const coordinate = fc.integer({ min: -32, max: 112 }).map((eighths) => eighths / 8);
const outline = fc.array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 });

/** Even-odd by the crossing-number test of one point (W. R. Franklin's pnpoly). */
function isInside(x: number, y: number, ring: readonly Vertex[]): boolean {
  let inside = false;
  ring.forEach(([ax, ay], n) => {
    const [bx, by] = ring[(n + 1) % ring.length] ?? [0, 0];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

describe("fillPolygon", () => {
  test("takes the pixels whose centres are inside", () => {
    const diamond: Vertex[] = [
      [2, -0.2],
      [4.2, 2],
      [2, 4.2],
      [-0.2, 2],
    ];
    expect(rowsOf(fillPolygon(diamond, 5, 5))).toEqual(["..#..", ".###.", "#####", ".###.", "..#.."]);
  });

  test("agrees with the point test for any outline, self-crossing and beyond the border too", () => {
    fc.assert(
      fc.property(outline, (ring) => {
        const { data } = fillPolygon(ring, 11, 9);
        data.forEach((value, n) => {
          expect(value === 1).toBe(isInside(n % 11, Math.floor(n / 11), ring));
        });
      }),
      { numRuns: 60 },
    );
  });

  test("two outlines that share an edge share no pixel and miss none", () => {
    const left: Vertex[] = [
      [-1, -1],
      [3, -1],
      [5, 9],
      [-1, 9],
    ];
    const right: Vertex[] = [
      [3, -1],
      [20, -1],
      [20, 9],
      [5, 9],
    ];
    expect(maskArea(fillPolygon(left, 10, 8)) + maskArea(fillPolygon(right, 10, 8))).toBe(80);
    expect(maskArea(fillRings([left, right], 10, 8))).toBe(80);
  });

  test("fewer than three vertices enclose nothing", () => {
    expect(maskArea(fillPolygon([], 4, 4))).toBe(0);
    expect(
      maskArea(
        fillPolygon(
          [
            [0, 0],
            [3, 3],
          ],
          4,
          4,
        ),
      ),
    ).toBe(0);
  });
});

describe("resamplePolyline", () => {
  test("returns a short line as it is", () => {
    const line: Vertex[] = [
      [0, 0],
      [1, 5],
    ];
    expect(resamplePolyline(line, 2)).toBe(line);
  });

  test("keeps both ends, gives exactly the number asked for, at equal distances on a straight line", () => {
    const line: Vertex[] = Array.from({ length: 101 }, (_, n) => [n * n, 0]);
    const points = resamplePolyline(line, 5);
    expect(points.map(([x]) => Math.round(x))).toEqual([0, 2500, 5000, 7500, 10000]);
  });

  test("never leaves the line's box and stays finite when points repeat", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Vertex>([0, 0], [3, 1], [2, 5]), { minLength: 4, maxLength: 30 }),
        (line) => {
          const points = resamplePolyline(line, 3);
          expect(points).toHaveLength(3);
          expect(points[0]).toEqual(line[0]);
          for (const [x, y] of points) expect(x >= 0 && x <= 3 && y >= 0 && y <= 5).toBe(true);
        },
      ),
    );
  });
});
