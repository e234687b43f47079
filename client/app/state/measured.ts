/** Numbers of a mask, computed once and only for slices that are looked at. */
import type { Slice } from "../../../core/image/volume.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import { type Measurement, measureMask } from "../../../core/mask/measurements.ts";
import type { MaskView } from "./state.ts";

const known = new WeakMap<Mask, Measurement>();

/** `undefined` while the pixels of the mask's slice are not there. */
export function measured({ candidates, chosen }: MaskView, pixels: Slice | undefined): Measurement | undefined {
  const mask = candidates[chosen];
  const before = known.get(mask);
  if (before || !pixels || !covers(pixels, mask)) return before;
  const found = measureMask(mask, pixels);
  known.set(mask, found);
  return found;
}

function covers(pixels: Slice, mask: Mask): boolean {
  const { width, height } = pixels.part?.whole ?? pixels;
  return width === mask.width && height === mask.height;
}
