/** Slices of a volume: along the closest voxel axes, permuted and flipped for display, never resampled. */
import { SegmenterError } from "../errors.ts";
import { axisOf, multiply, transformPoint } from "./geometry.ts";
import type { Mat4, Plane, Slice, Vec3, Volume, VoxelArray } from "./volume.ts";

/** What a grid needs of a volume: its header. */
export type VolumeHeader = Pick<Volume, "size" | "ijkToLps" | "unit" | "slicePositions">;

/** One plane's stack of slices: pixel (x, y) of slice k ↔ voxel ↔ patient. */
export interface SliceGrid {
  readonly plane: Plane;
  readonly width: number;
  readonly height: number;
  readonly count: number;
  /** Pixel pitch along x and y; `undefined` without geometry. */
  readonly spacingMm: readonly [number, number] | undefined;
  /** (x, y, k) → LPS; of an uneven stack only its usual step: see `atSlice`. */
  readonly xyToLps: Mat4;
  toIjk(x: number, y: number, k: number): Vec3;
  /** Voxel → (x, y, k). */
  fromIjk(ijk: Vec3): Vec3;
}

type Axis = 0 | 1 | 2;
type Axes = readonly [Axis, Axis, Axis];

/** Patient direction of x, y and k as displayed: LPS axis and sign (radiological convention; k up, back, left). */
const DISPLAY: Readonly<Record<Exclude<Plane, "native">, { axes: Axes; signs: Vec3 }>> = {
  axial: { axes: [0, 1, 2], signs: [1, 1, 1] },
  coronal: { axes: [0, 2, 1], signs: [1, -1, 1] },
  sagittal: { axes: [1, 2, 0], signs: [1, -1, 1] },
};

const PERMUTATIONS: readonly Axes[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** Planes that a volume can be cut in; a single image, an uneven stack and a volume without geometry have only their own. */
export function planesOf({ unit, size, slicePositions }: VolumeHeader): readonly Plane[] {
  const even = unit === "mm" && size[2] > 1 && !slicePositions;
  return even ? ["native", "axial", "coronal", "sagittal"] : ["native"];
}

/** The grid of one plane; throws RangeError for a plane that `planesOf` does not list. */
export function sliceGrid(volume: VolumeHeader, plane: Plane): SliceGrid {
  const { axes, flips } = layoutOf(volume, plane);
  const [ax, ay, ak] = axes;
  const { size } = volume;
  const xyToIjk = permutation(axes, flips, size);
  const ijkToXy = transpose(xyToIjk, axes, flips, size);
  const xyToLps = multiply(volume.ijkToLps, xyToIjk);
  return {
    plane,
    width: size[ax],
    height: size[ay],
    count: size[ak],
    spacingMm:
      volume.unit === "mm" ? [Math.hypot(...axisOf(xyToLps, 0)), Math.hypot(...axisOf(xyToLps, 1))] : undefined,
    xyToLps,
    toIjk: (x, y, k) => transformPoint(xyToIjk, [x, y, k]),
    fromIjk: (ijk) => transformPoint(ijkToXy, ijk),
  };
}

/** Slice k of a plane. A native slice shares the volume's memory; throws SegmenterError "SliceNotFound". */
export function sliceOf(volume: Volume, plane: Plane, k: number): Slice {
  if (!planesOf(volume).includes(plane)) throw new SegmenterError("SliceNotFound", { plane, slice: k, count: 0 });
  const grid = sliceGrid(volume, plane);
  const { width, height, count } = grid;
  if (!Number.isInteger(k) || k < 0 || k >= count)
    throw new SegmenterError("SliceNotFound", { plane, slice: k, count });
  const { channels, rescale, inverted } = volume;
  const curves = volume.windows.filter(({ curve }) => curve);
  return {
    width,
    height,
    channels,
    data: extract(volume, grid, k),
    rescale,
    inverted,
    ...(curves.length > 0 && { curves }),
    spacingMm: grid.spacingMm,
    xyToLps: atSlice(volume, grid, k),
  };
}

/** (x, y, 0) → LPS of slice k, where the volume says that this slice lies. */
export function atSlice({ slicePositions }: VolumeHeader, { xyToLps }: SliceGrid, k: number): Mat4 {
  const own = slicePositions?.[k];
  if (own) return xyToLps.map((value, n) => (n % 4 === 3 && n < 12 ? (own[n >> 2] ?? 0) : value));
  return multiply(xyToLps, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, k, 0, 0, 0, 1]);
}

/** Which voxel axis runs along x, y, k, and which of them run backwards. */
function layoutOf(volume: VolumeHeader, plane: Plane): { axes: Axes; flips: readonly boolean[] } {
  if (plane === "native") return { axes: [0, 1, 2], flips: [false, false, false] };
  if (!planesOf(volume).includes(plane)) {
    throw new RangeError(`Plane must be one of ${planesOf(volume).join(", ")}, got ${plane}.`);
  }
  const voxelAxisOf = closestAxes(volume.ijkToLps);
  const { axes, signs } = DISPLAY[plane];
  const chosen: Axes = [voxelAxisOf[axes[0]], voxelAxisOf[axes[1]], voxelAxisOf[axes[2]]];
  const flips = chosen.map((voxel, n) => {
    const along = axisOf(volume.ijkToLps, voxel)[axes[n] ?? 0] ?? 0;
    return along * (signs[n] ?? 1) < 0;
  });
  return { axes: chosen, flips };
}

/** For each LPS axis the voxel axis nearest to it: the permutation with the largest sum of |cosines|. */
function closestAxes(ijkToLps: Mat4): Axes {
  let best: Axes = [0, 1, 2];
  let bestSum = -1;
  for (const candidate of PERMUTATIONS) {
    let sum = 0;
    for (let lps = 0; lps < 3; lps++) {
      const axis = axisOf(ijkToLps, candidate[lps] ?? 0);
      sum += Math.abs(axis[lps] ?? 0) / Math.hypot(...axis);
    }
    if (sum > bestSum + 1e-9) {
      best = candidate;
      bestSum = sum;
    }
  }
  return best;
}

/** (x, y, k) → (i, j, k): one ±1 a column, and the far end as offset where an axis runs backwards. */
function permutation(axes: Axes, flips: readonly boolean[], size: Vec3): Mat4 {
  const m = new Array<number>(16).fill(0);
  m[15] = 1;
  axes.forEach((voxel, n) => {
    m[voxel * 4 + n] = flips[n] ? -1 : 1;
    m[voxel * 4 + 3] = flips[n] ? size[voxel] - 1 : 0;
  });
  return m;
}

/** The inverse of `permutation`, exactly (no division). */
function transpose(m: Mat4, axes: Axes, flips: readonly boolean[], size: Vec3): Mat4 {
  const out = new Array<number>(16).fill(0);
  out[15] = 1;
  axes.forEach((voxel, n) => {
    out[n * 4 + voxel] = m[voxel * 4 + n] ?? 0;
    out[n * 4 + 3] = flips[n] ? size[voxel] - 1 : 0;
  });
  return out;
}

function extract(volume: Volume, { width, height, toIjk }: SliceGrid, k: number): VoxelArray {
  const { data, channels, size } = volume;
  const [ni, nj] = size;
  const at = (x: number, y: number) => {
    const [i, j, kk] = toIjk(x, y, k);
    return (i + ni * (j + nj * kk)) * channels;
  };
  const start = at(0, 0);
  const strideX = at(1, 0) - start;
  const strideY = at(0, 1) - start;
  const length = width * height * channels;
  if (strideX === channels && strideY === width * channels) return data.subarray(start, start + length);
  const out = data.slice(0, length);
  if (strideX === channels) copyRows(data, out, { start, strideY, row: width * channels });
  else if (channels === 1) gather(data, out, { start, strideX, strideY, width });
  else gatherColour(data, out, { start, strideX, strideY, width });
  return out;
}

function copyRows(data: VoxelArray, out: VoxelArray, at: { start: number; strideY: number; row: number }): void {
  const { strideY, row } = at;
  for (let to = 0, from = at.start; to < out.length; to += row, from += strideY) {
    out.set(data.subarray(from, from + row), to);
  }
}

interface Walk {
  readonly start: number;
  readonly strideX: number;
  readonly strideY: number;
  readonly width: number;
}

function gather(data: VoxelArray, out: VoxelArray, { start, strideX, strideY, width }: Walk): void {
  for (let to = 0, row = start; to < out.length; row += strideY) {
    for (let x = 0, from = row; x < width; x++, from += strideX) out[to++] = data[from] ?? 0;
  }
}

function gatherColour(data: VoxelArray, out: VoxelArray, { start, strideX, strideY, width }: Walk): void {
  for (let to = 0, row = start; to < out.length; row += strideY) {
    for (let x = 0, from = row; x < width; x++, from += strideX, to += 3) {
      out[to] = data[from] ?? 0;
      out[to + 1] = data[from + 1] ?? 0;
      out[to + 2] = data[from + 2] ?? 0;
    }
  }
}
