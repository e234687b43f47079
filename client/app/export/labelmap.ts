import { sliceGrid, type VolumeHeader } from "../../../core/image/slice.ts";
import type { LabelMask } from "./collect.ts";

/** Slice masks of any plane as one 8-bit labelmap of the volume, i fastest; a later mask wins where they overlap. */
export function labelmapOf(header: VolumeHeader, masks: readonly LabelMask[]): Uint8Array {
  const [columns, rows, slices] = header.size;
  const labels = new Uint8Array(columns * rows * slices);
  for (const { label, plane, slice, mask } of masks) {
    const { toIjk } = sliceGrid(header, plane);
    // The grid permutes and flips axes, so one step in x or y is a constant stride.
    const index = (x: number, y: number) => {
      const [i, j, k] = toIjk(x, y, slice);
      return i + columns * (j + rows * k);
    };
    const origin = index(0, 0);
    const stepX = index(1, 0) - origin;
    const stepY = index(0, 1) - origin;
    for (let y = 0, n = 0; y < mask.height; y++)
      for (let x = 0; x < mask.width; x++, n++) if (mask.data[n]) labels[origin + x * stepX + y * stepY] = label.number;
  }
  return labels;
}
