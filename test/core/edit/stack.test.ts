import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedSlices, stackOf } from "../../../core/edit/stack.ts";
import { planesOf, sliceGrid, type VolumeHeader } from "../../../core/image/slice.ts";
import type { Mat4, Plane } from "../../../core/image/volume.ts";
import { createMask } from "../../../core/mask/mask.ts";
import type { Voxels } from "../../../core/mask/voxels.ts";

/** Axes in any order and direction, millimetres of their own. */
const anyHeader: fc.Arbitrary<VolumeHeader> = fc
  .record({
    order: fc.constantFrom([0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]),
    signs: fc.tuple(fc.constantFrom(1, -1), fc.constantFrom(1, -1), fc.constantFrom(1, -1)),
    size: fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 6 })),
  })
  .map(({ order, signs, size }) => {
    const steps = [0.7, 0.9, 3];
    const matrix = new Array<number>(16).fill(0);
    matrix[15] = 1;
    order.forEach((row, axis) => {
      matrix[row * 4 + axis] = steps[axis]! * signs[axis]!;
    });
    return { size, ijkToLps: matrix as Mat4, unit: "mm" };
  });

describe("stackOf", () => {
  test("has a mask of any plane at the voxels that it lies on", () => {
    fc.assert(
      fc.property(anyHeader, fc.integer({ min: 0, max: 1 }), fc.nat(), (header, slice, seed) => {
        for (const from of planesOf(header)) {
          const grid = sliceGrid(header, from);
          const data = new Uint8Array(grid.width * grid.height).map((_, n) => ((n * 7 + seed) % 3 === 0 ? 1 : 0));
          const mask = createMask(grid.width, grid.height, data);
          for (const to of planesOf(header)) check(header, { plane: from, slice, mask }, to);
        }
      }),
    );
  });

  test("has the millimetres of its own axes", () => {
    const header: VolumeHeader = {
      size: [4, 3, 2],
      ijkToLps: [0.7, 0, 0, 0, 0, 0.9, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1],
      unit: "mm",
    };
    expect(stackOf(header, "axial", []).spacing).toEqual([0.7, 0.9, 3]);
    expect(stackOf(header, "coronal", []).spacing).toEqual([0.7, 3, 0.9]);
    expect(stackOf(header, "sagittal", []).spacing).toEqual([0.9, 3, 0.7]);
  });
});

function check(
  header: VolumeHeader,
  placed: { plane: Plane; slice: number; mask: ReturnType<typeof createMask> },
  to: Plane,
) {
  const stack = stackOf(header, to, [placed]);
  const own = sliceGrid(header, placed.plane);
  const { width, height, fromIjk } = sliceGrid(header, to);
  const expected = new Uint8Array(stack.data.length);
  placed.mask.data.forEach((value, n) => {
    const [x, y, k] = fromIjk(own.toIjk(n % placed.mask.width, Math.floor(n / placed.mask.width), placed.slice));
    if (value) expected[x + width * (y + height * k)] = 1;
  });
  expect([...stack.data]).toEqual([...expected]);
}

test("changedSlices are those that differ, as they are now", () => {
  const voxels = (data: number[]): Voxels => ({ size: [2, 1, 3], spacing: [1, 1, 1], data: Uint8Array.from(data) });
  const changed = changedSlices(voxels([0, 1, 0, 0, 1, 1]), voxels([0, 1, 1, 0, 0, 0]));
  expect(changed.map(({ slice, mask }) => [slice, ...mask.data])).toEqual([
    [1, 1, 0],
    [2, 0, 0],
  ]);
});
