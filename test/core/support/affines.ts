/** Affines for law tests: every way to lay three axes, and random oblique ones. */
import fc from "fast-check";
import { multiply } from "../../../core/image/geometry.ts";
import type { Mat4 } from "../../../core/image/volume.ts";

const PERMUTATIONS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** All 48 signed permutations, with spacing 0.5 × 0.7 × 3.3 mm and an origin. */
export const ORIENTATIONS: readonly Mat4[] = PERMUTATIONS.flatMap((axes) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => {
    const m = [0, 0, 0, 12.5, 0, 0, 0, -40, 0, 0, 0, 7.25, 0, 0, 0, 1];
    axes.forEach((lps, voxel) => {
      m[lps * 4 + voxel] = ([0.5, 0.7, 3.3][voxel] ?? 1) * (bits & (1 << voxel) ? -1 : 1);
    });
    return m;
  }),
);

const rotation = (axis: 0 | 1 | 2, angle: number): Mat4 => {
  const [a, b] = [(axis + 1) % 3, (axis + 2) % 3];
  const m = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  m[a * 5] = m[b * 5] = Math.cos(angle);
  m[a * 4 + b] = -Math.sin(angle);
  m[b * 4 + a] = Math.sin(angle);
  return m;
};

const angle = fc.double({ min: -0.6, max: 0.6, noNaN: true });

/** One of the 48, tilted about two axes by up to 34°. */
export const oblique: fc.Arbitrary<Mat4> = fc
  .tuple(fc.constantFrom(...ORIENTATIONS), angle, angle)
  .map(([m, first, second]) => multiply(rotation(0, first), multiply(rotation(2, second), m)));
