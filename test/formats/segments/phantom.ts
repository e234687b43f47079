/** An asymmetric phantom: no turn, flip or exchange of axes maps it onto itself. */
import { IDENTITY } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";

export const SIZE: Vec3 = [11, 13, 5];

/** An "F" in each plane: bars of different length along i, j and k from one corner, and a lone voxel. */
export function phantom([columns, rows, slices]: Vec3 = SIZE): Uint8Array {
  const labels = new Uint8Array(columns * rows * slices);
  const set = (i: number, j: number, k: number, value: number) => {
    labels[i + columns * (j + rows * k)] = value;
  };
  for (let i = 1; i < columns - 2; i++) set(i, 1, 1, 1);
  for (let j = 1; j < rows - 3; j++) set(1, j, 1, 1);
  for (let k = 1; k < slices; k++) set(1, 1, k, 1);
  for (let i = 1; i < 5; i++) set(i, 5, 1, 2);
  set(columns - 1, rows - 1, slices - 1, 3);
  return labels;
}

/** A CT-like grid: gantry tilt of 17°, 0.5 × 0.7 × 3.3 mm. */
export const TILTED: Mat4 = [
  0.5,
  0,
  0,
  -60,
  0,
  0.7,
  3.3 * Math.tan((17 * Math.PI) / 180),
  20,
  0,
  0,
  3.3,
  -300,
  0,
  0,
  0,
  1,
];

export { IDENTITY };
