/** Masks made in one plane, seen in another: voxel for voxel, by the geometry that the labelmap is made with. */
import { type SliceGrid, sliceGrid, type VolumeHeader } from "../image/slice.ts";
import type { Plane } from "../image/volume.ts";
import { createMask, type Mask, maskBounds } from "../mask/mask.ts";

/** Masks of one segment on the slices of one plane. */
export interface PlaneMasks {
  readonly plane: Plane;
  readonly masks: ReadonlyMap<number, Mask>;
}

/**
 * What masks of one plane cover on slice k of another one. Planes permute and flip the axes of the voxels, so the result
 * is exact: no pixel is interpolated, whatever the spacing. Throws RangeError for a plane that the image cannot be cut in.
 */
export function resliceMasks(header: VolumeHeader, { plane, masks }: PlaneMasks, to: Plane, k: number): Mask {
  const target = sliceGrid(header, to);
  const source = sliceGrid(header, plane);
  const out = createMask(target.width, target.height);
  const { origin, stepX, stepY } = mapping(target, source, k);
  for (let y = 0, n = 0; y < out.height; y++) {
    for (let x = 0; x < out.width; x++, n++) {
      const mask = masks.get(origin[2] + x * stepX[2] + y * stepY[2]);
      if (!mask) continue;
      const column = origin[0] + x * stepX[0] + y * stepY[0];
      const row = origin[1] + x * stepX[1] + y * stepY[1];
      out.data[n] = mask.data[row * mask.width + column] ? 1 : 0;
    }
  }
  return out;
}

/** Pixel (x, y) of the target slice → pixel and slice of the source plane: origin + x · stepX + y · stepY. */
function mapping(target: SliceGrid, source: SliceGrid, k: number) {
  const at = (x: number, y: number) => source.fromIjk(target.toIjk(x, y, k));
  const origin = at(0, 0);
  const [right, down] = [at(1, 0), at(0, 1)];
  return {
    origin,
    stepX: right.map((value, n) => value - origin[n]),
    stepY: down.map((value, n) => value - origin[n]),
  };
}

/** Voxels of a segment, one byte each, in the smallest box that holds them. */
export interface VoxelBox {
  readonly data: Uint8Array;
  /** Along i, j, k. */
  readonly size: readonly [number, number, number];
  /** Voxel index of the first one. */
  readonly start: readonly [number, number, number];
}

/** The smallest box of voxels around the masks of any planes; `undefined` for nothing. */
export function voxelBounds(header: VolumeHeader, planes: readonly PlaneMasks[]): Omit<VoxelBox, "data"> | undefined {
  const low = [Infinity, Infinity, Infinity];
  const high = [-1, -1, -1];
  for (const { plane, masks } of planes) {
    const { toIjk } = sliceGrid(header, plane);
    for (const [k, mask] of masks) {
      const bounds = maskBounds(mask);
      if (!bounds) continue;
      // A plane permutes and flips axes: the corners of a box are those of its voxels.
      const corners = [toIjk(bounds.x0, bounds.y0, k), toIjk(bounds.x1, bounds.y1, k)];
      for (const ijk of corners)
        for (let n = 0; n < 3; n++) {
          low[n] = Math.min(low[n], ijk[n]);
          high[n] = Math.max(high[n], ijk[n]);
        }
    }
  }
  if (high[0] < 0) return undefined;
  const size = [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] as const;
  return { size, start: [low[0], low[1], low[2]] };
}

/** All that the masks of any planes cover; `undefined` for nothing. */
export function voxelsOf(header: VolumeHeader, planes: readonly PlaneMasks[]): VoxelBox | undefined {
  const box = voxelBounds(header, planes);
  if (!box) return undefined;
  const { start: low, size } = box;
  const [si, sj, sk] = size;
  const data = new Uint8Array(si * sj * sk);
  for (const { plane, masks } of planes) {
    const grid = sliceGrid(header, plane);
    for (const [slice, mask] of masks)
      walk(grid, mask, slice, (i, j, k) => {
        data[i - low[0] + si * (j - low[1] + sj * (k - low[2]))] = 1;
      });
  }
  return { data, ...box };
}

function walk({ toIjk }: SliceGrid, mask: Mask, slice: number, visit: (i: number, j: number, k: number) => void): void {
  const origin = toIjk(0, 0, slice);
  const [right, down] = [toIjk(1, 0, slice), toIjk(0, 1, slice)];
  const step = [0, 1, 2].map((n) => [right[n] - origin[n], down[n] - origin[n]]);
  for (let y = 0, n = 0; y < mask.height; y++)
    for (let x = 0; x < mask.width; x++, n++)
      if (mask.data[n])
        visit(
          origin[0] + x * step[0][0] + y * step[0][1],
          origin[1] + x * step[1][0] + y * step[1][1],
          origin[2] + x * step[2][0] + y * step[2][1],
        );
}
