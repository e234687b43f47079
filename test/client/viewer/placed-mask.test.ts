import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paint, placeMask, snapWindow } from "../../../client/viewer/index.ts";
import { transformPoint } from "../../../core/image/geometry.ts";
import { sliceGrid } from "../../../core/image/slice.ts";
import type { Plane } from "../../../core/image/volume.ts";
import { WINDOW_PRESETS } from "../../../core/image/window.ts";
import { createMask } from "../../../core/mask/mask.ts";
import { ORIENTATIONS, oblique } from "../../core/support/affines.ts";
import { mirrored, recordFor, SIZE, volumeOf } from "./support.ts";

const planes = fc.constantFrom<Plane>("axial", "coronal", "sagittal", "native");

/** A mask with each pixel of its own chance. */
const maskOn = (width: number, height: number, seed: number) =>
  createMask(
    width,
    height,
    Uint8Array.from({ length: width * height }, (_, n) => ((n * 7919 + seed) >> 3) & 1),
  );

describe("a placed mask", () => {
  test("lands on the voxels under its pixels, however the host orders them", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...ORIENTATIONS), oblique),
        planes,
        fc.nat(),
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        (affine, plane, seed, flips) => {
          const grid = sliceGrid(volumeOf(affine), plane);
          const slice = seed % grid.count;
          const mask = maskOn(grid.width, grid.height, seed);
          const target = { size: SIZE, ijkToLps: mirrored(affine, SIZE, flips), voxels: new Uint8Array(120) };
          paint(placeMask(recordFor(affine), mask, { plane, slice }), target, 3);
          for (let k = 0, n = 0; k < 6; k++)
            for (let j = 0; j < 4; j++)
              for (let i = 0; i < 5; i++, n++) {
                const own = [i, j, k].map((value, axis) => (flips[axis] ? SIZE[axis]! - 1 - value : value));
                const [x, y, z] = grid.fromIjk([own[0]!, own[1]!, own[2]!]);
                const inside = z === slice && mask.data[y * grid.width + x] !== 0;
                expect(target.voxels[n]).toBe(inside ? 3 : 0);
              }
        },
      ),
    );
  });

  test("takes its own old voxels away, and leaves those of others", () => {
    const image = recordFor();
    const target = { size: SIZE, ijkToLps: image.ijkToLps, voxels: new Uint8Array(120) };
    const full = createMask(5, 4, new Uint8Array(20).fill(1));
    const half = createMask(
      5,
      4,
      Uint8Array.from({ length: 20 }, (_, n) => (n < 10 ? 1 : 0)),
    );
    const at = { plane: "native", slice: 2 } as const;
    expect(paint(placeMask(image, full, at), target, 1)).toBe(20);
    expect(paint(placeMask(image, half, at), target, 2)).toBe(10);
    expect(paint(placeMask(image, createMask(5, 4), at), target, 1)).toBe(10);
    expect([...target.voxels.subarray(40, 60)]).toEqual([...new Uint8Array(20).fill(2, 0, 10)]);
    expect(target.voxels.reduce((sum, value) => sum + value)).toBe(20);
  });

  test("refuses a grid of other voxels, and says what was found", () => {
    const image = recordFor();
    const placed = placeMask(image, createMask(5, 4), { plane: "native", slice: 0 });
    const half = image.ijkToLps.map((value, n) => (n === 3 ? 0.5 : value));
    expect(() => placed.into({ size: SIZE, ijkToLps: half })).toThrow(/same voxels.*\(-0\.50, 0\.00, 0\.00\)/);
    const fine = image.ijkToLps.map((value, n) => (n === 0 ? 0.5 : value));
    expect(() => placed.into({ size: [9, 4, 6], ijkToLps: fine })).not.toThrow(); // every second voxel: a finer grid of the same places
    expect(() => placed.into({ size: [5, 4, 6], ijkToLps: fine })).toThrow(RangeError);
  });

  test("knows where it lies and what its outline is", () => {
    const image = recordFor(ORIENTATIONS[5]!);
    const grid = sliceGrid(volumeOf(ORIENTATIONS[5]!), "coronal");
    const mask = createMask(grid.width, grid.height);
    mask.data[grid.width + 1] = 1;
    const placed = placeMask(image, mask, { plane: "coronal", slice: 2 });
    expect(transformPoint(placed.xyToLps, [1, 1, 0])).toEqual(transformPoint(grid.xyToLps, [1, 1, 2]));
    expect(placed.contours()).toEqual([
      [
        [
          [0.5, 0.5],
          [1.5, 0.5],
          [1.5, 1.5],
          [0.5, 1.5],
        ],
      ],
    ]);
  });
});

describe("a viewer's window", () => {
  test("is the nearest of the image, half-pixel centres and dragging included", () => {
    expect(snapWindow(WINDOW_PRESETS, { center: 40.5, width: 301 })).toEqual({ center: 50, width: 350 });
    expect(snapWindow(WINDOW_PRESETS, { center: 39.5, width: 401 })).toEqual({ center: 40, width: 400 });
    expect(snapWindow(WINDOW_PRESETS, { center: -550, width: 1400 })).toEqual({ center: -600, width: 1500 });
  });
  test("is the first one when the viewer says none, and none for colour", () => {
    expect(snapWindow(WINDOW_PRESETS, undefined)).toEqual({ center: 40, width: 400 });
    expect(snapWindow([], { center: 1, width: 2 })).toBeUndefined();
  });
});
