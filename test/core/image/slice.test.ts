import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../../core/errors.ts";
import { IDENTITY, spacingOf, transformPoint } from "../../../core/image/geometry.ts";
import { planesOf, sliceGrid, sliceOf } from "../../../core/image/slice.ts";
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { ORIENTATIONS, oblique } from "../support/affines.ts";

const SIZE: Vec3 = [4, 3, 5];
const PLANES = ["native", "axial", "coronal", "sagittal"] as const;

/** Each voxel's value is its own index. */
function volume(ijkToLps: Mat4, more: Partial<Volume> = {}): Volume {
  const size = more.size ?? SIZE;
  const channels = more.channels ?? 1;
  return {
    size,
    channels,
    data: Uint16Array.from({ length: size[0] * size[1] * size[2] * channels }, (_, n) => n),
    rescale: { slope: 1, intercept: 0 },
    ijkToLps,
    unit: "mm",
    modality: "CT",
    inverted: false,
    windows: [],
    warnings: [],
    ...more,
  };
}

describe("slice grids", () => {
  test("slice index → voxel → LPS and back agree on every plane of all 48 orientations", () => {
    for (const ijkToLps of ORIENTATIONS) {
      for (const plane of PLANES) {
        const grid = sliceGrid(volume(ijkToLps), plane);
        const corner: Vec3 = [grid.width - 1, grid.height - 1, grid.count - 1];
        for (const at of [[0, 0, 0], [1, 2, 0], corner] satisfies Vec3[]) {
          const ijk = grid.toIjk(...at);
          expect(grid.fromIjk(ijk)).toEqual(at);
          const viaVoxel = transformPoint(ijkToLps, ijk);
          transformPoint(grid.xyToLps, at).forEach((mm, n) => {
            expect(mm).toBeCloseTo(viaVoxel[n] ?? Number.NaN, 10);
          });
        }
      }
    }
  });

  test("the same holds for oblique volumes, at fractional pixels too", () => {
    const pixel = fc.double({ min: -3, max: 9, noNaN: true });
    fc.assert(
      fc.property(oblique, fc.constantFrom(...PLANES), fc.tuple(pixel, pixel, pixel), (ijkToLps, plane, at) => {
        const grid = sliceGrid(volume(ijkToLps), plane);
        const back = grid.fromIjk(grid.toIjk(...at));
        const viaVoxel = transformPoint(ijkToLps, grid.toIjk(...at));
        const direct = transformPoint(grid.xyToLps, at);
        for (const n of [0, 1, 2]) {
          expect(Math.abs((back[n] ?? 0) - (at[n] ?? 0))).toBeLessThan(1e-9);
          expect(Math.abs((viaVoxel[n] ?? 0) - (direct[n] ?? 0))).toBeLessThan(1e-9);
        }
      }),
    );
  });

  test.each([
    { plane: "axial", x: [0, 1], y: [1, 1], k: [2, 1] },
    { plane: "coronal", x: [0, 1], y: [2, -1], k: [1, 1] },
    { plane: "sagittal", x: [1, 1], y: [2, -1], k: [0, 1] },
  ] as const)("$plane pictures look the radiological way up from all 48 orientations", ({ plane, ...want }) => {
    for (const ijkToLps of ORIENTATIONS) {
      const { xyToLps } = sliceGrid(volume(ijkToLps), plane);
      for (const [column, [axis, sign]] of [want.x, want.y, want.k].entries()) {
        const step = [0, 1, 2].map((row) => Math.sign(xyToLps[row * 4 + column] ?? 0));
        expect(step).toEqual([0, 1, 2].map((row) => (row === axis ? sign : 0)));
      }
    }
  });

  test("pixel pitch follows the axes that the plane shows", () => {
    const m: Mat4 = [0.7, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];
    expect(spacingOf(m)).toEqual([0.7, 0.5, 3]);
    expect(sliceGrid(volume(m), "coronal")).toMatchObject({ spacingMm: [0.7, 3], width: 4, height: 5, count: 3 });
    expect(sliceGrid(volume(m), "sagittal")).toMatchObject({ spacingMm: [0.5, 3], width: 3, height: 5, count: 4 });
  });

  test("a picture and a volume without geometry have only their native plane and no millimetres", () => {
    expect(planesOf(volume(IDENTITY))).toEqual(PLANES);
    expect(planesOf(volume(IDENTITY, { unit: "px" }))).toEqual(["native"]);
    expect(planesOf(volume(IDENTITY, { size: [4, 3, 1] }))).toEqual(["native"]);
    expect(sliceGrid(volume(IDENTITY, { unit: "px" }), "native").spacingMm).toBeUndefined();
    expect(() => sliceGrid(volume(IDENTITY, { unit: "px" }), "axial")).toThrow("must be one of native, got axial");
  });
});

describe("slices", () => {
  test("hold the voxel that their grid names, in every plane of all 48 orientations", () => {
    for (const ijkToLps of ORIENTATIONS) {
      const v = volume(ijkToLps);
      for (const plane of PLANES) {
        const grid = sliceGrid(v, plane);
        const k = grid.count - 2;
        const { data, width, height } = sliceOf(v, plane, k);
        expect(data).toBeInstanceOf(Uint16Array);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const [i, j, kk] = grid.toIjk(x, y, k);
            expect(data[y * width + x]).toBe(i + SIZE[0] * (j + SIZE[1] * kk));
          }
        }
      }
    }
  });

  test("carry three channels through a flip", () => {
    const flipped: Mat4 = [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const { data } = sliceOf(volume(flipped, { channels: 3 }), "axial", 0);
    expect([...data.slice(0, 6)]).toEqual([9, 10, 11, 6, 7, 8]);
  });

  test("a native slice shares the volume's memory and knows its own place", () => {
    const v = volume(ORIENTATIONS[17] ?? IDENTITY);
    const slice = sliceOf(v, "native", 3);
    expect(slice.data.buffer).toBe(v.data.buffer);
    expect(transformPoint(slice.xyToLps, [2, 1, 0])).toEqual(transformPoint(v.ijkToLps, [2, 1, 3]));
  });

  test.each([-1, 5, 1.5, Number.NaN])("slice %s of five is not found", (k) => {
    expect(() => sliceOf(volume(IDENTITY), "native", k)).toThrow(/SliceNotFound/);
  });

  test("a plane that the volume does not have is not found either", () => {
    try {
      sliceOf(volume(IDENTITY, { unit: "px" }), "coronal", 0);
      expect.unreachable();
    } catch (error) {
      expect(isSegmenterError(error, "SliceNotFound") && error.detail).toEqual({
        plane: "coronal",
        slice: 0,
        count: 0,
      });
    }
  });
});
