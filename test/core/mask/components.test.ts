import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  connectedComponents,
  connectedComponents3d,
  keepComponentAt,
  largestComponent,
} from "../../../core/mask/components.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import { anyMask, draw, rowsOf } from "../support/drawing.ts";

/** Labels by flood fill, the slow and plain way. */
function flood({ width, height, data }: Mask, reach: 4 | 8): number[] {
  const labels = new Array<number>(data.length).fill(0);
  let count = 0;
  data.forEach((value, start) => {
    if (value === 0 || labels[start]) return;
    const queue = [start];
    labels[start] = ++count;
    for (const n of queue) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [x, y] = [(n % width) + dx, Math.floor(n / width) + dy];
          const to = y * width + x;
          if ((reach === 4 && dx * dy !== 0) || x < 0 || x >= width || y < 0 || y >= height) continue;
          if (data[to] === 0 || labels[to]) continue;
          labels[to] = count;
          queue.push(to);
        }
      }
    }
  });
  return labels;
}

describe("connectedComponents", () => {
  test("labels as a flood fill in raster order does, and counts every pixel", () => {
    fc.assert(
      fc.property(anyMask, fc.constantFrom(4 as const, 8 as const), (mask, reach) => {
        const { labels, count, areas } = connectedComponents(mask, reach);
        const want = flood(mask, reach);
        expect([...labels]).toEqual(want);
        expect(count).toBe(Math.max(0, ...want));
        expect([...areas]).toEqual(Array.from({ length: count + 1 }, (_, n) => want.filter((l) => l === n).length));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    { connectivity: 6, count: 4 },
    { connectivity: 18, count: 2 },
    { connectivity: 26, count: 1 },
  ] as const)("in 3-D, $connectivity neighbours join a staircase into $count", ({ connectivity, count }) => {
    // From (0,0,0) over an edge to (1,1,0), over a corner to (2,2,1), over an edge to (3,2,2).
    const voxels = new Uint8Array(4 * 3 * 3);
    for (const [i, j, k] of [
      [0, 0, 0],
      [1, 1, 0],
      [2, 2, 1],
      [3, 2, 2],
    ] as const)
      voxels[i + 4 * (j + 3 * k)] = 1;
    expect(connectedComponents3d(voxels, [4, 3, 3], connectivity).count).toBe(count);
  });

  test("does not join voxels around the edge of the grid", () => {
    expect(connectedComponents3d(Uint8Array.of(0, 1, 1, 0), [2, 2, 1], 6).count).toBe(2);
    expect(connectedComponents3d(Uint8Array.of(0, 1, 1, 0), [2, 1, 2], 6).count).toBe(2);
    expect(() => connectedComponents3d(new Uint8Array(3), [2, 2, 1], 6)).toThrow("needs 4 voxels, got 3");
  });
});

describe("choosing a component", () => {
  const mask = draw(["##...", "##..#", "...##", "#..##"]);

  test("keeps the one under the pixel, or nothing", () => {
    expect(rowsOf(keepComponentAt(mask, 0.4, 1.2))).toEqual(["##...", "##...", ".....", "....."]);
    expect(rowsOf(keepComponentAt(mask, 2, 0))).toEqual([".....", ".....", ".....", "....."]);
    expect(rowsOf(keepComponentAt(mask, -1, 9))).toEqual([".....", ".....", ".....", "....."]);
  });

  test("keeps the largest", () => {
    expect(rowsOf(largestComponent(mask))).toEqual([".....", "....#", "...##", "...##"]);
    expect(rowsOf(largestComponent(draw(["..."])))).toEqual(["..."]);
  });
});
