/** A binary mask in two or three dimensions, with the size of its voxels: what edits work on. */
import type { Vec3 } from "../image/volume.ts";

export interface Voxels {
  /** x, y and slice; a single slice has a third size of 1, and nothing lies above or below it. */
  readonly size: Vec3;
  /** Distance from one voxel to the next along each axis, in any one unit. */
  readonly spacing: Vec3;
  /** 1 inside, 0 outside; x fastest. */
  readonly data: Uint8Array;
}

/** The smallest box with everything inside, both corners in it; `null` for an empty mask. */
export function boundsOf({ size: [width, height, depth], data }: Voxels): { from: Vec3; to: Vec3 } | null {
  const low = [width, height, depth];
  const high = [-1, -1, -1];
  const meet = (axis: number, at: number) => {
    if (at < low[axis]) low[axis] = at;
    if (at > high[axis]) high[axis] = at;
  };
  for (let row = 0; row < height * depth; row++) {
    const start = row * width;
    const first = data.subarray(start, start + width).indexOf(1);
    if (first < 0) continue;
    meet(0, first);
    meet(0, data.subarray(start, start + width).lastIndexOf(1));
    meet(1, row % height);
    meet(2, Math.floor(row / height));
  }
  return high[0] < 0 ? null : { from: [low[0], low[1], low[2]], to: [high[0], high[1], high[2]] };
}

/** Runs an edit on the part with something in it, which begins at `from`, widened by `margin` voxels on each side; puts the answer back. */
export function onPart(voxels: Voxels, margin: Vec3, edit: (part: Voxels, from: Vec3) => Uint8Array): Voxels {
  const bounds = boundsOf(voxels);
  if (!bounds) return voxels;
  const { size, spacing } = voxels;
  const low = (axis: 0 | 1 | 2) => Math.max(0, bounds.from[axis] - margin[axis]);
  const from: Vec3 = [low(0), low(1), low(2)];
  const to = bounds.to.map((at, axis) => Math.min(size[axis] - 1, at + margin[axis]));
  const partSize: Vec3 = [to[0] - from[0] + 1, to[1] - from[1] + 1, to[2] - from[2] + 1];
  const part = new Uint8Array(partSize[0] * partSize[1] * partSize[2]);
  const data = new Uint8Array(voxels.data.length);
  const rows = (visit: (whole: number, cut: number) => void) => {
    for (let k = 0, cut = 0; k < partSize[2]; k++)
      for (let j = 0; j < partSize[1]; j++, cut += partSize[0])
        visit(from[0] + size[0] * (from[1] + j + size[1] * (from[2] + k)), cut);
  };
  rows((whole, cut) => part.set(voxels.data.subarray(whole, whole + partSize[0]), cut));
  const edited = edit({ size: partSize, spacing, data: part }, from);
  rows((whole, cut) => data.set(edited.subarray(cut, cut + partSize[0]), whole));
  return { size, spacing, data };
}
