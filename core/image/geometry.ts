/** Frames and affines. Patient space is LPS millimetres; `docs/coordinates.md` has the formulas for people. */
import type { Mat4, Vec3 } from "./volume.ts";

/** The 4×4 identity. */
export const IDENTITY: Mat4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Matrix product a·b: applies `b` first. */
export function multiply(a: Mat4, b: Mat4): Mat4 {
  const out = new Array<number>(16).fill(0);
  for (let row = 0; row < 4; row++) {
    for (let col = 0; col < 4; col++) {
      let sum = 0;
      for (let n = 0; n < 4; n++) sum += (a[row * 4 + n] ?? 0) * (b[n * 4 + col] ?? 0);
      out[row * 4 + col] = sum;
    }
  }
  return out;
}

/** Of the linear part: negative where it mirrors. */
export function determinant3([a, b, c, , d, e, f, , g, h, i]: Mat4): number {
  return a * (e * i - f * h) + b * (f * g - d * i) + c * (d * h - e * g);
}

/** Inverse of an affine (last row 0 0 0 1), by cofactors; throws RangeError when it flattens space. */
export function invert(m: Mat4): Mat4 {
  const [a = 0, b = 0, c = 0, tx = 0, d = 0, e = 0, f = 0, ty = 0, g = 0, h = 0, i = 0, tz = 0] = m;
  const A = e * i - f * h;
  const B = f * g - d * i;
  const C = d * h - e * g;
  const determinant = a * A + b * B + c * C;
  if (!Number.isFinite(1 / determinant))
    throw new RangeError(`Affine must be invertible, got determinant ${determinant}.`);
  const n = 1 / determinant;
  const r = [A * n, (c * h - b * i) * n, (b * f - c * e) * n, B * n, (a * i - c * g) * n, (c * d - a * f) * n];
  const s = [C * n, (b * g - a * h) * n, (a * e - b * d) * n];
  const [r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0] = r;
  const [s0 = 0, s1 = 0, s2 = 0] = s;
  const back = (x: number, y: number, z: number) => 0 - (x * tx + y * ty + z * tz);
  return [r0, r1, r2, back(r0, r1, r2), r3, r4, r5, back(r3, r4, r5), s0, s1, s2, back(s0, s1, s2), 0, 0, 0, 1];
}

/** Applies an affine to a point. */
export function transformPoint(m: Mat4, [x, y, z]: Vec3): Vec3 {
  const [a = 0, b = 0, c = 0, tx = 0, d = 0, e = 0, f = 0, ty = 0, g = 0, h = 0, i = 0, tz = 0] = m;
  return [a * x + b * y + c * z + tx, d * x + e * y + f * z + ty, g * x + h * y + i * z + tz];
}

/** NIfTI speaks RAS, DICOM speaks LPS; the first two axes flip. */
export const rasToLps = ([r, a, s]: Vec3): Vec3 => [0 - r, 0 - a, s];

/** The same flip the other way. */
export const lpsToRas = ([l, p, s]: Vec3): Vec3 => [0 - l, 0 - p, s];

/** Voxel → RAS becomes voxel → LPS, and the reverse: the flip is its own inverse. */
export const affineRasToLps = (m: Mat4): Mat4 => m.map((value, n) => (n < 8 ? 0 - value : value));

/** Column n of the linear part: the step in patient space of one voxel along axis n. */
export const axisOf = (m: Mat4, n: 0 | 1 | 2): Vec3 => [m[n] ?? 0, m[n + 4] ?? 0, m[n + 8] ?? 0];

/** Millimetres from one voxel centre to the next along i, j and k. */
export const spacingOf = (ijkToLps: Mat4): Vec3 => [
  Math.hypot(...axisOf(ijkToLps, 0)),
  Math.hypot(...axisOf(ijkToLps, 1)),
  Math.hypot(...axisOf(ijkToLps, 2)),
];

/** Patient LPS → voxel index (fractional). */
export const lpsToIjk = (ijkToLps: Mat4): Mat4 => invert(ijkToLps);

/** What DICOM says of a stack of slices. */
export interface DicomPlacement {
  /** ImagePositionPatient of slice 0: centre of its first pixel, LPS mm. */
  readonly position: Vec3;
  /** ImageOrientationPatient: direction along a row (i), then along a column (j). */
  readonly orientation: readonly [number, number, number, number, number, number];
  /** PixelSpacing as stored: distance between rows first, then between columns. */
  readonly pixelSpacing: readonly [number, number];
  /** From the centre of slice k to that of slice k + 1, LPS mm. */
  readonly sliceStep: Vec3;
}

/** DICOM's position and orientation as one affine (PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1, with k added). */
export function ijkToLpsFromDicom({ position, orientation, pixelSpacing, sliceStep }: DicomPlacement): Mat4 {
  const [xx, xy, xz, yx, yy, yz] = orientation;
  const [rowSpacing, columnSpacing] = pixelSpacing;
  const [sx, sy, sz] = sliceStep;
  const [px, py, pz] = position;
  return [
    ...[xx * columnSpacing, yx * rowSpacing, sx, px],
    ...[xy * columnSpacing, yy * rowSpacing, sy, py],
    ...[xz * columnSpacing, yz * rowSpacing, sz, pz],
    ...[0, 0, 0, 1],
  ];
}
