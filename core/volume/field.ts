/** A segment's voxels as a field for a surface at .5: padded, so that it is closed, and thinned out where it is large. */
import type { Vec3 } from "../image/volume.ts";
import type { VoxelBox } from "./reslice.ts";

export interface Field {
  /** The share of each cell that is inside, 0 to 1; i fastest. */
  readonly data: Float32Array;
  readonly size: Vec3;
  /** Position in the field → voxel index of the volume, fractional. */
  toIjk(point: Vec3): Vec3;
}

/** The field of a box with one empty cell around it; with more than `most` cells, of blocks of 2, 3, … voxels along i and j. */
export function sampledField({ data, size: [si, sj, sk], start }: VoxelBox, most: number): Field {
  const step = Math.max(1, Math.ceil(Math.sqrt((si * sj * sk) / most)));
  const [ni, nj, nk] = [Math.ceil(si / step) + 2, Math.ceil(sj / step) + 2, sk + 2];
  const field = new Float32Array(ni * nj * nk);
  const share = 1 / (step * step);
  for (let k = 0, n = 0; k < sk; k++)
    for (let j = 0; j < sj; j++) {
      const row = 1 + ni * (1 + Math.floor(j / step) + nj * (1 + k));
      for (let i = 0; i < si; i++, n++) if (data[n]) field[row + Math.floor(i / step)] += share;
    }
  const middle = (step - 1) / 2;
  return {
    data: field,
    size: [ni, nj, nk],
    toIjk: ([x, y, z]) => [start[0] + (x - 1) * step + middle, start[1] + (y - 1) * step + middle, start[2] + z - 1],
  };
}
