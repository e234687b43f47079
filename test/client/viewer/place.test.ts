import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearestSlice, pixelOf, planeAlong, promptOf, sliceToLps } from "../../../client/viewer/index.ts";
import { axisOf, transformPoint } from "../../../core/image/geometry.ts";
import { sliceGrid } from "../../../core/image/slice.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { ORIENTATIONS, oblique } from "../../core/support/affines.ts";
import { mirrored, recordFor, SIZE, volumeOf } from "./support.ts";

const cross = ([ax, ay, az]: Vec3, [bx, by, bz]: Vec3): Vec3 => [
  ay * bz - az * by,
  az * bx - ax * bz,
  ax * by - ay * bx,
];
const anyAffine = fc.oneof(fc.constantFrom(...ORIENTATIONS), oblique);
const anyPlane = fc.constantFrom("axial", "coronal", "sagittal", "native");
const sign = fc.constantFrom(-1, 1);

/** The normal of a plane, in LPS. */
function normalOf(affine: Mat4, plane: "axial" | "coronal" | "sagittal" | "native"): Vec3 {
  const { xyToLps } = sliceGrid(volumeOf(affine), plane);
  return cross(axisOf(xyToLps, 0), axisOf(xyToLps, 1));
}

describe("a point in the patient", () => {
  test("is the pixel whose centre lies there, in whichever plane is looked at", () => {
    fc.assert(
      fc.property(anyAffine, anyPlane, sign, fc.nat(), fc.nat(), fc.nat(), (affine, plane, side, a, b, c) => {
        const grid = sliceGrid(volumeOf(affine), plane);
        const [x, y, slice] = [a % grid.width, b % grid.height, c % grid.count];
        const point = transformPoint(grid.xyToLps, [x, y, slice]);
        const across = normalOf(affine, plane);
        const normal: Vec3 = [across[0] * side, across[1] * side, across[2] * side];
        const found = pixelOf(recordFor(affine), { space: "lps", point, normal });
        const lps = transformPoint(sliceGrid(volumeOf(affine), found.plane).xyToLps, [found.x, found.y, found.slice]);
        for (const [n, value] of lps.entries()) expect(value).toBeCloseTo(point[n]!, 6);
        expect(found.x).toBeCloseTo(Math.round(found.x), 6);
        expect(found.y).toBeCloseTo(Math.round(found.y), 6);
      }),
    );
  });

  test("is on the same pixel of the patient when the series is stored the other way round", () => {
    fc.assert(
      fc.property(
        anyAffine,
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        anyPlane,
        (affine, flips, plane) => {
          if (plane === "native") return;
          const [one, other] = [recordFor(affine), recordFor(mirrored(affine, SIZE, flips))];
          const point = transformPoint(affine, [1.2, 2.3, 3.4]);
          const normal = normalOf(affine, plane);
          const [a, b] = [one, other].map((image) => pixelOf(image, { space: "lps", point, normal }));
          expect(b!.slice).toBe(a!.slice);
          expect(b!.x).toBeCloseTo(a!.x, 6);
          expect(b!.y).toBeCloseTo(a!.y, 6);
        },
      ),
    );
  });

  test("exactly between two slices belongs to the higher k, and a little below to the lower", () => {
    fc.assert(
      fc.property(anyAffine, anyPlane, fc.nat(), (affine, plane, n) => {
        const image = recordFor(affine);
        const normal = normalOf(affine, plane);
        const grid = sliceGrid(volumeOf(affine), planeAlong(image, normal));
        const k = n % (grid.count - 1);
        const at = (between: number) =>
          pixelOf(image, { space: "lps", point: transformPoint(grid.xyToLps, [1, 1, k + between]), normal }).slice;
        expect(at(0.5)).toBe(k + 1);
        expect(at(0.49)).toBe(k);
        expect(at(0.51)).toBe(k + 1);
      }),
    );
    expect([0.4, 0.4999999, 0.5, 0.5000001, 0.6].map(nearestSlice)).toEqual([0, 1, 1, 1, 1]);
  });

  test("outside of the stack is refused with the number of slices", () => {
    const grid = sliceGrid(volumeOf(ORIENTATIONS[9]!), "axial");
    const point = transformPoint(grid.xyToLps, [1, 1, grid.count]);
    const ask = () => pixelOf(recordFor(ORIENTATIONS[9]!), { space: "lps", point, normal: [0, 0, 1] });
    expect(ask).toThrowError(
      expect.objectContaining({ code: "SliceNotFound", detail: expect.objectContaining({ plane: "axial" }) }),
    );
  });

  test("of an uneven stack is on the slice that lies nearest", () => {
    const slicePositions = [0, 1, 2, 10, 11, 12].map((z): Vec3 => [0, 0, z]);
    const image = recordFor(undefined, { slicePositions });
    const sliceAt = (z: number) => pixelOf(image, { space: "lps", point: [1, 2, z] }).slice;
    expect([0.2, 1.5, 5.9, 6, 6.1, 12.4].map(sliceAt)).toEqual([0, 2, 2, 3, 3, 5]);
    expect(transformPoint(sliceToLps(image, image.planes[0]!, 3), [1, 2, 0])).toEqual([1, 2, 10]);
  });
});

describe("the plane", () => {
  test("is the one that looks most along the normal, either way", () => {
    fc.assert(
      fc.property(oblique, fc.constantFrom("axial", "coronal", "sagittal"), sign, (affine, plane, side) => {
        const [x, y, z] = normalOf(affine, plane as "axial");
        expect(planeAlong(recordFor(affine), [x * side, y * side, z * side])).toBe(plane);
      }),
    );
  });

  test("is that of the series without a normal, and the first of axial, coronal, sagittal between two", () => {
    const sagittalSeries = recordFor([0, 0, 3, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1]);
    expect(planeAlong(sagittalSeries)).toBe("sagittal");
    expect(planeAlong(recordFor(), [0, 1, 1])).toBe("axial");
    expect(planeAlong(recordFor(), [1, 1, 0])).toBe("coronal");
  });
});

describe("a point on the picture", () => {
  test("counts from the centre or from the edge of a pixel", () => {
    const image = recordFor();
    expect(pixelOf(image, { space: "image", x: 2, y: 1, pixel: "centre" })).toMatchObject({ x: 2, y: 1, slice: 0 });
    expect(pixelOf(image, { space: "image", x: 2.5, y: 1.5, pixel: "edge", slice: 3 })).toMatchObject({
      x: 2,
      y: 1,
      slice: 3,
    });
  });

  test("makes boxes from any two corners, cut off at the border", () => {
    const box = {
      kind: "box",
      from: { space: "image", x: 9, y: 3, pixel: "edge" },
      to: { space: "image", x: 1, y: -4, pixel: "edge" },
    } as const;
    expect(promptOf(recordFor(), box).prompt).toEqual({ kind: "box", x0: 0.5, y0: 0, x1: 4, y1: 2.5 });
  });

  test("half a pixel outside belongs to the outermost pixel; further out stays outside", () => {
    const xOf = (x: number) =>
      promptOf(recordFor(), { kind: "point", at: { space: "image", x, y: 1, pixel: "edge" } }).prompt;
    expect(xOf(0)).toMatchObject({ x: 0 });
    expect(xOf(-2)).toMatchObject({ x: -2.5 });
  });
});
