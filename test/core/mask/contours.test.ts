import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contourArea, ringArea, traceContours } from "../../../core/mask/contours.ts";
import { createMask, maskArea, masksEqual } from "../../../core/mask/mask.ts";
import { fillRings } from "../../../core/mask/polygon.ts";
import { anyMask, draw } from "../support/drawing.ts";

const areaOf = (rows: readonly string[]) =>
  traceContours(draw(rows)).reduce((area, contour) => area + contourArea(contour), 0);

describe("traceContours", () => {
  test("draws one pixel as the square around its centre, upper left corner first", () => {
    expect(traceContours(draw(["...", ".#.", "..."]))).toEqual([
      {
        outer: [
          [0.5, 0.5],
          [1.5, 0.5],
          [1.5, 1.5],
          [0.5, 1.5],
        ],
        holes: [],
      },
    ]);
  });

  test("area is the pixel count and filling gives the mask back, whatever the mask", () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const contours = traceContours(mask);
        expect(contours.reduce((area, contour) => area + contourArea(contour), 0)).toBe(maskArea(mask));
        const rings = contours.flatMap(({ outer, holes }) => [outer, ...holes]);
        expect(masksEqual(fillRings(rings, mask.width, mask.height), mask)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test("rings are simple: outer ones positive, holes negative, no vertex twice, only right angles", () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        for (const { outer, holes } of traceContours(mask)) {
          expect(ringArea(outer)).toBeGreaterThan(0);
          for (const hole of holes) expect(ringArea(hole)).toBeLessThan(0);
          for (const ring of [outer, ...holes]) {
            expect(new Set(ring.map(String)).size).toBe(ring.length);
            ring.forEach(([x, y], n) => {
              const [px, py] = ring.at(n - 1) ?? [0, 0];
              const [nx, ny] = ring[(n + 1) % ring.length] ?? [0, 0];
              expect((x === px) !== (y === py)).toBe(true);
              expect((x - px) * (nx - x) + (y - py) * (ny - y) === 0).toBe(true);
            });
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    { name: "a hole", rows: ["###", "#.#", "###"], outers: 1, holes: 1, area: 8 },
    { name: "pixels that touch in a corner", rows: ["#.", ".#"], outers: 2, holes: 0, area: 2 },
    { name: "holes that touch in a corner", rows: ["####", "#.##", "##.#", "####"], outers: 1, holes: 2, area: 14 },
    { name: "a loop closed only in a corner", rows: ["###", "#.#", "##."], outers: 1, holes: 1, area: 7 },
    { name: "an island in a hole", rows: ["#####", "#...#", "#.#.#", "#...#", "#####"], outers: 2, holes: 1, area: 17 },
    { name: "a line of one pixel's width", rows: ["#####"], outers: 1, holes: 0, area: 5 },
    { name: "the whole picture", rows: ["##", "##", "##"], outers: 1, holes: 0, area: 6 },
    { name: "nothing", rows: ["..", ".."], outers: 0, holes: 0, area: 0 },
  ])("keeps the area of $name", ({ rows, outers, holes, area }) => {
    const contours = traceContours(draw(rows));
    expect(contours).toHaveLength(outers);
    expect(contours.flatMap((contour) => contour.holes)).toHaveLength(holes);
    expect(areaOf(rows)).toBe(area);
  });

  test("a straight edge has no vertices between its corners", () => {
    expect(traceContours(createMask(300, 200, new Uint8Array(60_000).fill(1)))[0]?.outer).toHaveLength(4);
  });
});
