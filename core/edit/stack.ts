/** The masks of one segment put together as a stack of slices, and taken apart again. */
import { type SliceGrid, sliceGrid, type VolumeHeader } from "../image/slice.ts";
import type { Plane, Vec3 } from "../image/volume.ts";
import type { Mask } from "../mask/mask.ts";
import type { Voxels } from "../mask/voxels.ts";

/** A mask and the slice that it lies on. */
export interface PlacedMask {
  readonly plane: Plane;
  readonly slice: number;
  readonly mask: Mask;
}

/** Everything that the masks cover, on the grid of one plane; masks of other planes cross it. */
export function stackOf(header: VolumeHeader, plane: Plane, masks: readonly PlacedMask[]): Voxels {
  const grid = sliceGrid(header, plane);
  const { width, height, count } = grid;
  const data = new Uint8Array(width * height * count);
  for (const placed of masks) {
    if (placed.plane === plane) lay(data, placed);
    else cross(data, placed, sliceGrid(header, placed.plane), grid);
  }
  return { size: [width, height, count], spacing: spacingOf(grid), data };
}

function lay(data: Uint8Array, { slice, mask }: PlacedMask): void {
  const start = slice * mask.data.length;
  for (let n = 0; n < mask.data.length; n++) if (mask.data[n]) data[start + n] = 1;
}

/** Both grids permute and flip the same voxels, so that one step in x or y is a constant stride. */
function cross(data: Uint8Array, { slice, mask }: PlacedMask, own: SliceGrid, { width, height, fromIjk }: SliceGrid) {
  const index = (x: number, y: number) => {
    const [toX, toY, k] = fromIjk(own.toIjk(x, y, slice));
    return toX + width * (toY + height * k);
  };
  const origin = index(0, 0);
  const [stepX, stepY] = [index(1, 0) - origin, index(0, 1) - origin];
  for (let y = 0, n = 0; y < mask.height; y++)
    for (let x = 0; x < mask.width; x++, n++) if (mask.data[n]) data[origin + x * stepX + y * stepY] = 1;
}

/** Millimetres along x, y and from slice to slice; of an uneven stack its usual step. In pixels without geometry. */
function spacingOf({ spacingMm, xyToLps }: SliceGrid): Vec3 {
  if (!spacingMm) return [1, 1, 1];
  return [...spacingMm, Math.hypot(xyToLps[2], xyToLps[6], xyToLps[10])];
}

/** Slices of a stack that are not as they were before, as masks. */
export function changedSlices(before: Voxels, after: Voxels): readonly { slice: number; mask: Mask }[] {
  const [width, height, count] = after.size;
  const area = width * height;
  return Array.from({ length: count }, (_, slice) => slice).flatMap((slice) => {
    const [start, end] = [slice * area, (slice + 1) * area];
    const data = after.data.subarray(start, end);
    const same = data.every((value, n) => value === before.data[start + n]);
    return same ? [] : [{ slice, mask: { width, height, data: data.slice() } }];
  });
}
