/** Records of images as a server gives them, for any geometry. */
import { IDENTITY } from "../../../core/image/geometry.ts";
import { headerOf } from "../../../core/image/header.ts";
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { sha256 } from "../../../server/disk/sha256.ts";

export const SIZE = [5, 4, 6] as const;

export const volumeOf = (ijkToLps: Mat4 = IDENTITY, more: Partial<Volume> = {}): Volume => ({
  size: SIZE,
  channels: 1,
  data: Int16Array.from({ length: 120 }, (_, n) => n),
  rescale: { slope: 1, intercept: 0 },
  ijkToLps,
  unit: "mm",
  modality: "CT",
  inverted: false,
  windows: [],
  warnings: [],
  ...more,
});

export const recordFor = (ijkToLps?: Mat4, more?: Partial<Volume>) => headerOf(volumeOf(ijkToLps, more), sha256).info;

/** The same voxels with some axes running the other way: another order, the same places. */
export function mirrored(ijkToLps: Mat4, size: Vec3, flips: readonly boolean[]): Mat4 {
  const out = [...ijkToLps];
  flips.forEach((flip, axis) => {
    if (!flip) return;
    for (let row = 0; row < 3; row++) {
      const step = ijkToLps[row * 4 + axis]!;
      out[row * 4 + axis] = -step;
      out[row * 4 + 3]! += step * (size[axis]! - 1);
    }
  });
  return out;
}
