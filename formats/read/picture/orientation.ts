/** EXIF orientation (EXIF 2.3, tag 0x0112): how stored rows and columns lie in the picture as meant. */

import type { VoxelArray } from "../../../core/image/volume.ts";

export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

interface Pixels<T extends VoxelArray> {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: T;
}

export const TURNED_WARNING = "The picture is turned as its orientation tag says.";

/** The orientation in a TIFF-shaped EXIF block; 1 when there is none or it is broken. */
export function readOrientation(tiff: Uint8Array): Orientation {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) === 0x0112) return asOrientation(view.getUint16(at + 8, little));
  }
  return 1;
}

/** Anything that is no orientation leaves the picture as it is. */
export const asOrientation = (value: number): Orientation =>
  ([1, 2, 3, 4, 5, 6, 7, 8] as const).find((n) => n === value) ?? 1;

/** Turns a picture upright; the same object when there is nothing to turn. */
export function oriented<T extends VoxelArray>(picture: Pixels<T>, orientation: Orientation): Pixels<T> {
  if (orientation === 1) return picture;
  const { width: w, height: h, channels, data } = picture;
  const swapped = orientation >= 5;
  const width = swapped ? h : w;
  const height = swapped ? w : h;
  const out = data.slice() as T; // slice keeps the concrete type
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [sx, sy] = sourceOf(orientation, x, y, w, h);
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = data[(sy * w + sx) * channels + c] ?? 0;
    }
  return { width, height, channels, data: out };
}

/** Stored pixel that is shown at (x, y). */
function sourceOf(orientation: Orientation, x: number, y: number, w: number, h: number): [number, number] {
  switch (orientation) {
    case 1:
      return [x, y];
    case 2:
      return [w - 1 - x, y];
    case 3:
      return [w - 1 - x, h - 1 - y];
    case 4:
      return [x, h - 1 - y];
    case 5:
      return [y, x];
    case 6:
      return [y, h - 1 - x];
    case 7:
      return [w - 1 - y, h - 1 - x];
    case 8:
      return [w - 1 - y, x];
    default:
      return orientation satisfies never;
  }
}
