/** Which slice shows an organ best, and where on it. */

import { lpsToIjk, multiply, transformPoint } from "../../core/image/geometry.ts";
import { sliceGrid, sliceOf } from "../../core/image/slice.ts";
import type { Slice, Volume } from "../../core/image/volume.ts";
import { createMask, type Mask } from "../../core/mask/mask.ts";

/** Objects with fewer pixels on their largest slice are left out. */
const LEAST_PIXELS = 60;

export interface Organ {
  readonly name: string;
  /** Axial slice. */
  readonly k: number;
  readonly truth: Mask;
}

/** The label under every pixel of axial slice k, through patient space: the two files may store their axes differently. */
export function labelsOn(slice: Slice, labels: Volume): Uint16Array {
  const xyToIjk = multiply(lpsToIjk(labels.ijkToLps), slice.xyToLps);
  const [columns, rows, slices] = labels.size;
  const out = new Uint16Array(slice.width * slice.height);
  for (let n = 0; n < out.length; n++) {
    const at = transformPoint(xyToIjk, [n % slice.width, Math.floor(n / slice.width), 0]).map(Math.round);
    const [i = 0, j = 0, k = 0] = at;
    if (i < 0 || j < 0 || k < 0 || i >= columns || j >= rows || k >= slices) continue;
    out[n] = labels.data[i + columns * (j + rows * k)];
  }
  return out;
}

/** Every named label, on the axial slice where it is largest. The two volumes may lie on different grids of one patient space. */
export function organsOf(volume: Volume, labels: Volume, names: ReadonlyMap<number, string>): Organ[] {
  const best = new Map<number, { k: number; area: number }>();
  const maps: Uint16Array[] = [];
  for (let k = 0; k < sliceGrid(volume, "axial").count; k++) {
    const map = labelsOn(sliceOf(volume, "axial", k), labels);
    maps.push(map);
    const areas = new Map<number, number>();
    for (const id of map) if (id > 0) areas.set(id, (areas.get(id) ?? 0) + 1);
    for (const [id, area] of areas) if (area > (best.get(id)?.area ?? LEAST_PIXELS - 1)) best.set(id, { k, area });
  }
  const { width, height } = sliceOf(volume, "axial", 0);
  return [...best].flatMap(([id, { k }]) => {
    const name = names.get(id);
    const truth = createMask(
      width,
      height,
      Uint8Array.from(maps[k], (value) => (value === id ? 1 : 0)),
    );
    return name ? [{ name, k, truth }] : [];
  });
}
