/** Exact distances in millimetres, whatever the shape of a voxel; growing and shrinking by them. */
import type { Vec3 } from "../image/volume.ts";
import { onPart, type Voxels } from "./voxels.ts";

/** Larger than the square of any distance in an image, small enough to stay exact in sums. */
const FAR = 1e15;

/**
 * The square of the distance from each voxel to the nearest one inside; `FAR` where there is none. The lower envelope of
 * parabolas, one axis after the other (Felzenszwalb & Huttenlocher 2012, "Distance transforms of sampled functions").
 */
export function squaredDistances({ size, spacing, data }: Voxels): Float64Array {
  const out = Float64Array.from(data, (inside) => (inside ? 0 : FAR));
  const strides: Vec3 = [1, size[0], size[0] * size[1]];
  const longest = Math.max(...size);
  const room: Room = {
    line: new Float64Array(longest),
    apexes: new Int32Array(longest),
    bounds: new Float64Array(longest + 1),
  };
  for (const axis of [0, 1, 2] as const) {
    const [length, stride, step] = [size[axis], strides[axis], spacing[axis]];
    if (length < 2) continue;
    for (let n = 0; n < out.length; n++) {
      // The first voxel of each line along this axis.
      if (Math.floor(n / stride) % length === 0) transformLine(out, { start: n, stride, length, step }, room);
    }
  }
  return out;
}

interface Line {
  readonly start: number;
  readonly stride: number;
  readonly length: number;
  readonly step: number;
}

interface Room {
  readonly line: Float64Array;
  readonly apexes: Int32Array;
  readonly bounds: Float64Array;
}

function transformLine(values: Float64Array, { start, stride, length, step }: Line, { line, apexes, bounds }: Room) {
  for (let n = 0; n < length; n++) line[n] = values[start + n * stride];
  const square = step * step;
  const crossing = (p: number, q: number) => (line[q] - line[p] + square * (q * q - p * p)) / (2 * square * (q - p));
  let top = 0;
  apexes[0] = 0;
  bounds[0] = Number.NEGATIVE_INFINITY;
  bounds[1] = Number.POSITIVE_INFINITY;
  for (let q = 1; q < length; q++) {
    let at = crossing(apexes[top], q);
    while (at <= bounds[top]) at = crossing(apexes[--top], q);
    apexes[++top] = q;
    bounds[top] = at;
    bounds[top + 1] = Number.POSITIVE_INFINITY;
  }
  for (let n = 0, envelope = 0; n < length; n++) {
    while (bounds[envelope + 1] < n) envelope++;
    const apex = apexes[envelope];
    values[start + n * stride] = Math.min(FAR, line[apex] + square * (n - apex) ** 2);
  }
}

/** A distance on the rim counts as reached: sums of squares are not exact. */
const RIM = 1e-6;

/** With every voxel that is at most `by` away from one inside, in the unit of the spacing. */
export function grow(voxels: Voxels, by: number): Voxels {
  const limit = by * by + RIM;
  return onPart(voxels, marginFor(voxels, by), (part) =>
    Uint8Array.from(squaredDistances(part), (square) => (square <= limit ? 1 : 0)),
  );
}

/** Without every voxel that is at most `by` away from one outside. The border of the image is no outside. */
export function shrink(voxels: Voxels, by: number): Voxels {
  const limit = by * by + RIM;
  return onPart(voxels, marginFor(voxels, 0), (part) => {
    const outside = { ...part, data: part.data.map((inside) => (inside ? 0 : 1)) };
    return Uint8Array.from(squaredDistances(outside), (square) => (square > limit ? 1 : 0));
  });
}

/** Voxels that `by` reaches along each axis, and one more. */
const marginFor = ({ spacing }: Voxels, by: number): Vec3 => [
  Math.ceil(by / spacing[0]) + 1,
  Math.ceil(by / spacing[1]) + 1,
  Math.ceil(by / spacing[2]) + 1,
];
