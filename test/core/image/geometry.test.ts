import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  affineRasToLps,
  IDENTITY,
  ijkToLpsFromDicom,
  invert,
  lpsToIjk,
  lpsToRas,
  multiply,
  rasToLps,
  spacingOf,
  transformPoint,
} from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { ORIENTATIONS, oblique } from "../support/affines.ts";

const coordinate = fc.double({ min: -1000, max: 1000, noNaN: true });
const point = fc.tuple(coordinate, coordinate, coordinate);

const near = (a: readonly number[], b: readonly number[], within: number) =>
  a.forEach((value, n) => {
    expect(Math.abs(value - (b[n] ?? Number.NaN))).toBeLessThanOrEqual(within);
  });

describe("LPS and RAS", () => {
  test("flip the first two axes and leave no negative zero", () => {
    expect(rasToLps([1, 2, 3])).toEqual([-1, -2, 3]);
    expect(rasToLps([0, 0, 0])).toEqual([0, 0, 0]);
  });

  test("going there and back changes nothing", () => {
    fc.assert(
      fc.property(point, (p) => {
        near(lpsToRas(rasToLps(p)), p, 0);
      }),
    );
  });

  test("an affine in RAS lands where flipping the point lands", () => {
    fc.assert(
      fc.property(oblique, point, (ijkToRas, p) => {
        const direct = transformPoint(affineRasToLps(ijkToRas), p);
        near(direct, rasToLps(transformPoint(ijkToRas, p)), 1e-9);
      }),
    );
    expect(affineRasToLps(affineRasToLps(ORIENTATIONS[5] ?? IDENTITY))).toEqual(ORIENTATIONS[5]);
  });
});

describe("affines", () => {
  test("there are 48 axis orientations, all of them inverted exactly", () => {
    expect(new Set(ORIENTATIONS.map(String)).size).toBe(48);
    for (const m of ORIENTATIONS) near(multiply(m, invert(m)), IDENTITY, 1e-12);
  });

  test("LPS → voxel undoes voxel → LPS within 1e-4 mm for any oblique, anisotropic volume", () => {
    fc.assert(
      fc.property(oblique, point, (ijkToLps, p) => {
        near(transformPoint(lpsToIjk(ijkToLps), transformPoint(ijkToLps, p)), p, 1e-6);
        near(transformPoint(ijkToLps, transformPoint(lpsToIjk(ijkToLps), p)), p, 1e-4);
      }),
    );
  });

  test("a product applies its right side first", () => {
    const move: Mat4 = [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const double: Mat4 = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
    expect(transformPoint(multiply(double, move), [1, 0, 0])).toEqual([12, 0, 0]);
  });

  test("an affine that flattens space is refused with its determinant", () => {
    expect(() => invert([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toThrow("got determinant 0");
    expect(() => invert([Number.NaN, ...IDENTITY.slice(1)])).toThrow(RangeError);
  });
});

describe("DICOM placement", () => {
  test("takes row spacing first, so that i steps by the second number", () => {
    const ijkToLps = ijkToLpsFromDicom({
      position: [-10, -20, 30],
      orientation: [1, 0, 0, 0, 1, 0],
      pixelSpacing: [0.5, 0.7],
      sliceStep: [0, 0, 3.3],
    });
    expect(spacingOf(ijkToLps)).toEqual([0.7, 0.5, 3.3]);
    expect(transformPoint(ijkToLps, [0, 0, 0])).toEqual([-10, -20, 30]);
    expect(transformPoint(ijkToLps, [10, 0, 0])).toEqual([-3, -20, 30]);
  });

  test("follows a tilted gantry: 17° about x, slices still stacked along the table", () => {
    const [cos, sin] = [Math.cos((17 * Math.PI) / 180), Math.sin((17 * Math.PI) / 180)];
    const step: Vec3 = [0, 0, 3.3];
    const ijkToLps = ijkToLpsFromDicom({
      position: [0, 0, 0],
      orientation: [1, 0, 0, 0, cos, sin],
      pixelSpacing: [0.7, 0.5],
      sliceStep: step,
    });
    near(transformPoint(ijkToLps, [2, 10, 3]), [1, 7 * cos, 7 * sin + 9.9], 1e-12);
    near(spacingOf(ijkToLps), [0.5, 0.7, 3.3], 1e-12);
  });
});
