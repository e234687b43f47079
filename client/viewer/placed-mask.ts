/** Masks that know where they lie, and how they come into the voxels of a host. */
import { invert, multiply, transformPoint } from "../../core/image/geometry.ts";
import { planeOf } from "../../core/image/planes.ts";
import type { Plane, VoxelArray } from "../../core/image/volume.ts";
import { traceContours } from "../../core/mask/contours.ts";
import type { Mask } from "../../core/mask/mask.ts";
import { sliceToLps } from "./place.ts";
import type { ImageGeometry, PlacedMask, Strides, TargetGrid } from "./types.ts";

/** Of a voxel, how far a corner may lie from a centre of the host: headers round, and hosts average the slice distance. */
const TOLERANCE = 0.25;

export interface PlaceOptions {
  readonly plane: Plane;
  readonly slice: number;
  readonly predictedIou?: number;
  readonly sopInstanceUid?: string | undefined;
}

/** A mask at its place. Throws SliceNotFound, and RangeError when it has not the size of the slice. */
export function placeMask(image: ImageGeometry, mask: Mask, options: PlaceOptions): PlacedMask {
  const { plane, slice, predictedIou = 0, sopInstanceUid } = options;
  const grid = planeOf(image, plane, slice);
  const { width, height, data } = mask;
  if (width !== grid.width || height !== grid.height)
    throw new RangeError(`Expected a mask of ${grid.width} × ${grid.height}, got ${width} × ${height}.`);
  const xyToLps = sliceToLps(image, grid, slice);
  return {
    ...{ width, height, data, imageId: image.imageId, plane, slice, xyToLps, predictedIou },
    ...(sopInstanceUid === undefined ? {} : { sopInstanceUid }),
    into: (target) => stridesIn(target, { width, height, xyToLps }),
    contours: () =>
      traceContours(mask).map(({ outer, holes }) => [outer, ...holes].map((ring) => ring.map(([x, y]) => [x, y]))),
  };
}

function stridesIn(
  { size, ijkToLps }: TargetGrid,
  { width, height, xyToLps }: Pick<PlacedMask, "width" | "height" | "xyToLps">,
): Strides {
  const [ni, nj, nk] = size;
  const toIndex = multiply(invert(ijkToLps), xyToLps);
  const at = (x: number, y: number): number => {
    const ijk = transformPoint(toIndex, [x, y, 0]);
    const [i = 0, j = 0, k = 0] = ijk.map(Math.round);
    const off = Math.max(...ijk.map((value, n) => Math.abs(value - [i, j, k][n])));
    if (off > TOLERANCE || i < 0 || j < 0 || k < 0 || i >= ni || j >= nj || k >= nk) {
      const where = ijk.map((value) => value.toFixed(2)).join(", ");
      throw new RangeError(
        `Expected a grid of the same voxels, got pixel (${x}, ${y}) at voxel (${where}) of ${size}.`,
      );
    }
    return i + ni * (j + nj * k);
  };
  const offset = at(0, 0);
  const strideX = width > 1 ? (at(width - 1, 0) - offset) / (width - 1) : 0;
  const strideY = height > 1 ? (at(0, height - 1) - offset) / (height - 1) : 0;
  if (!Number.isInteger(strideX) || !Number.isInteger(strideY))
    throw new RangeError(`Expected a grid of the same voxels, got steps of ${strideX} and ${strideY}.`);
  at(width - 1, height - 1);
  return { offset, strideX, strideY };
}

/**
 * Writes a segment into the voxels of a host: its mask becomes `value`, what else was `value` on the slice becomes 0, and
 * other segments keep what they have outside of it. Gives the number of voxels that changed.
 */
export function paint(
  mask: PlacedMask,
  target: TargetGrid & { readonly voxels: Voxels | VoxelArray },
  value: number,
): number {
  const { offset, strideX, strideY } = mask.into(target);
  const { get, set } = accessOf(target.voxels);
  const { width, height, data } = mask;
  let changed = 0;
  for (let y = 0, n = 0; y < height; y++) {
    for (let x = 0, at = offset + y * strideY; x < width; x++, n++, at += strideX) {
      const now = get(at);
      const next = data[n] !== 0 ? value : now === value ? 0 : now;
      if (next === now) continue;
      set(at, next);
      changed++;
    }
  }
  return changed;
}

/** Labels that are no flat array: a host's own store, by flat index. */
export interface Voxels {
  get(index: number): number;
  set(index: number, value: number): void;
}

function accessOf(voxels: Voxels | VoxelArray): Voxels {
  if (!ArrayBuffer.isView(voxels)) return voxels;
  return {
    get: (index) => voxels[index] ?? 0,
    set: (index, value) => {
      voxels[index] = value;
    },
  };
}
