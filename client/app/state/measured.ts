/** Numbers of a mask, computed once and only for slices that are looked at. */
import { isLarge } from "../../../core/image/part.ts";
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

const coming = new WeakSet<Mask>();

/** As `measured`; a mask of millions of pixels is painted first, then measured, and then `again` is called. */
export function measuredSoon(view: MaskView, pixels: Slice | undefined, again: () => void): Measurement | undefined {
  const mask = view.candidates[view.chosen];
  if (known.has(mask) || !isLarge(mask)) return measured(view, pixels);
  if (coming.has(mask)) return undefined;
  coming.add(mask);
  requestAnimationFrame(() =>
    setTimeout(() => {
      coming.delete(mask);
      if (measured(view, pixels)) again();
    }),
  );
  return undefined;
}

function covers(pixels: Slice, mask: Mask): boolean {
  const { width, height } = pixels.part?.whole ?? pixels;
  return width === mask.width && height === mask.height;
}
