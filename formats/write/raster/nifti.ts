/** NIfTI-1 labelmaps (nifti1.h): sform and qform say the same, in RAS. */
import { gzipSync } from "fflate";
import type { Labelmap } from "../../../core/annotation/labelmap.ts";
import { affineRasToLps, axisOf, spacingOf } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { rectify } from "./rectify.ts";

export interface NiftiOptions {
  readonly gzip?: boolean;
  /**
   * "straighten", the default, moves a tilted or uneven labelmap to the grid that ITK opens; "keep" writes the voxels as
   * they are, with the shear in the sform, and refuses uneven slices.
   */
  readonly grid?: "straighten" | "keep";
}

/** One labelmap, or several of one grid behind each other: a 4-D file. */
export interface NiftiLabels extends Labelmap {
  /** Default 1. */
  readonly volumes?: number;
}

const HEADER = 352;
const INTENT_LABEL = 1002;
const SCANNER_ANATOMICAL = 1;
const MILLIMETRES = 2;

/** A `.nii`, or a `.nii.gz` with `gzip`. Throws RangeError when labels and size do not fit or an axis is over 32767. */
export function writeNiftiLabelmap(
  given: NiftiLabels,
  { gzip, grid = "straighten" }: NiftiOptions = {},
): Uint8Array<ArrayBuffer> {
  const { volumes = 1 } = given;
  const [columns, rows, slices] = given.size;
  const expected = columns * rows * slices * volumes;
  if (given.labels.length !== expected)
    throw new RangeError(`Expected ${expected} labels, got ${given.labels.length}.`);
  if (grid === "keep" && given.slicePositions)
    throw new RangeError("NIfTI has one slice distance: uneven slices must be straightened.");
  const { labels, size, ijkToLps } = grid === "keep" ? given : straightened(given, volumes);
  if (Math.max(...size) > 32_767) throw new RangeError(`NIfTI-1 axes reach 32767, got ${Math.max(...size)}.`);
  const dimensions = [volumes > 1 ? 4 : 3, ...size, volumes, 1, 1, 1];
  const bytes = new Uint8Array(HEADER + labels.byteLength);
  const view = new DataView(bytes.buffer);
  const wide = labels instanceof Uint16Array;
  view.setInt32(0, 348, true);
  for (const [i, value] of dimensions.entries()) view.setInt16(40 + 2 * i, value, true);
  view.setInt16(68, INTENT_LABEL, true);
  view.setInt16(70, wide ? 512 : 2, true);
  view.setInt16(72, wide ? 16 : 8, true);
  view.setFloat32(108, HEADER, true);
  view.setFloat32(112, 1, true);
  view.setUint8(123, MILLIMETRES);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  writeGeometry(view, affineRasToLps(ijkToLps), spacingOf(ijkToLps));
  bytes.set(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength), HEADER);
  return gzip ? new Uint8Array(gzipSync(bytes)) : bytes;
}

/** Each volume of the file on the same straight grid. */
function straightened({ labels, ...labelmap }: Labelmap, volumes: number): Labelmap {
  const length = labels.length / volumes;
  const each = Array.from({ length: volumes }, (_, n) =>
    rectify({ ...labelmap, labels: labels.subarray(n * length, (n + 1) * length) }),
  ).map((rectified) => rectified.labelmap);
  if (volumes === 1) return each[0];
  const all = labels instanceof Uint16Array ? Uint16Array : Uint8Array;
  const joined = new all(each.reduce((sum, part) => sum + part.labels.length, 0));
  for (const [n, part] of each.entries()) joined.set(part.labels, n * part.labels.length);
  return { ...each[0], labels: joined };
}

function writeGeometry(view: DataView, ijkToRas: Mat4, spacing: Vec3): void {
  const rotation = rotationOf(ijkToRas, spacing);
  const { handedness, quaternion } = quaternionOf(rotation);
  writeFloats(view, 76, [handedness, ...spacing, 1, 1, 1, 1]);
  // A quaternion cannot say shear (gantry tilt): then the sform stands alone.
  view.setInt16(252, isOrthogonal(rotation) ? SCANNER_ANATOMICAL : 0, true);
  view.setInt16(254, SCANNER_ANATOMICAL, true);
  writeFloats(view, 256, [...quaternion, ...axisOffset(ijkToRas)]);
  writeFloats(view, 280, ijkToRas.slice(0, 12));
}

function writeFloats(view: DataView, at: number, values: readonly number[]): void {
  for (const [i, value] of values.entries()) view.setFloat32(at + 4 * i, value, true);
}

const axisOffset = (m: Mat4): Vec3 => [m[3] ?? 0, m[7] ?? 0, m[11] ?? 0];

/** Unit steps along i, j and k as columns. */
function rotationOf(m: Mat4, spacing: Vec3): readonly [Vec3, Vec3, Vec3] {
  const unit = (n: 0 | 1 | 2): Vec3 => {
    const [x, y, z] = axisOf(m, n);
    return [x / spacing[n], y / spacing[n], z / spacing[n]];
  };
  return [unit(0), unit(1), unit(2)];
}

const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const isOrthogonal = ([i, j, k]: readonly [Vec3, Vec3, Vec3]) =>
  Math.max(Math.abs(dot(i, j)), Math.abs(dot(j, k)), Math.abs(dot(i, k))) < 1e-4;

/** b, c, d of the rotation and the sign of the third axis (nifti1_io.c, nifti_mat44_to_quatern). */
function quaternionOf([i, j, k]: readonly [Vec3, Vec3, Vec3]): { handedness: 1 | -1; quaternion: Vec3 } {
  const cross: Vec3 = [i[1] * j[2] - i[2] * j[1], i[2] * j[0] - i[0] * j[2], i[0] * j[1] - i[1] * j[0]];
  const handedness = dot(cross, k) < 0 ? -1 : 1;
  const [k0, k1, k2] = [k[0] * handedness, k[1] * handedness, k[2] * handedness];
  const trace = i[0] + j[1] + k2 + 1;
  if (trace > 0.5) {
    const a = Math.sqrt(trace) / 2;
    return { handedness, quaternion: [(j[2] - k1) / (4 * a), (k0 - i[2]) / (4 * a), (i[1] - j[0]) / (4 * a)] };
  }
  const x = 1 + i[0] - (j[1] + k2);
  const y = 1 + j[1] - (i[0] + k2);
  const z = 1 + k2 - (i[0] + j[1]);
  return { handedness, quaternion: largestFirst({ x, y, z }, { i, j, k: [k0, k1, k2] }) };
}

/** Near a half turn the component with the largest square is found first; a ≥ 0 fixes the sign. */
function largestFirst(
  { x, y, z }: { x: number; y: number; z: number },
  { i, j, k }: { i: Vec3; j: Vec3; k: Vec3 },
): Vec3 {
  const signed = (a: number, b: number, c: number, d: number): Vec3 => (a < 0 ? [-b, -c, -d] : [b, c, d]);
  if (x > 1) {
    const b = Math.sqrt(x) / 2;
    return signed((j[2] - k[1]) / (4 * b), b, (j[0] + i[1]) / (4 * b), (k[0] + i[2]) / (4 * b));
  }
  if (y > 1) {
    const c = Math.sqrt(y) / 2;
    return signed((k[0] - i[2]) / (4 * c), (j[0] + i[1]) / (4 * c), c, (k[1] + j[2]) / (4 * c));
  }
  const d = Math.sqrt(z) / 2;
  return signed((i[1] - j[0]) / (4 * d), (k[0] + i[2]) / (4 * d), (k[1] + j[2]) / (4 * d), d);
}
