/** Which grey values a segment has, and which pixels of another slice have them too. */
import type { Slice } from "../image/volume.ts";
import { createMask, cropMask, type Mask, maskArea, pasteMask } from "../mask/mask.ts";
import { open, surroundings } from "../mask/morphology.ts";

/** Modality values (HU for CT; luminance of colour, ITU-R BT.601), each the mean of its 3 × 3 neighbourhood. */
export function smoothGreys(slice: Slice): Float32Array {
  const { width, height } = slice;
  const values = greysOf(slice);
  let [above, row, below] = [0, 1, 2].map(() => new Float32Array(width));
  const meansOf = (y: number, out: Float32Array) => {
    for (let x = 0, n = y * width; x < width; x++, n++)
      out[x] = (values[x > 0 ? n - 1 : n] + values[n] + values[x < width - 1 ? n + 1 : n]) / 3;
  };
  meansOf(0, row);
  above.set(row);
  for (let y = 0, n = 0; y < height; y++) {
    if (y < height - 1) meansOf(y + 1, below);
    else below.set(row);
    for (let x = 0; x < width; x++, n++) values[n] = (above[x] + row[x] + below[x]) / 3;
    [above, row, below] = [row, below, above];
  }
  return values;
}

function greysOf({ channels, data, rescale: { slope, intercept }, width, height }: Slice): Float32Array {
  const out = new Float32Array(width * height);
  if (channels === 1) for (let n = 0; n < out.length; n++) out[n] = data[n] * slope + intercept;
  else
    for (let n = 0, c = 0; n < out.length; n++, c += 3)
      out[n] = (0.299 * data[c] + 0.587 * data[c + 1] + 0.114 * data[c + 2]) * slope + intercept;
  return out;
}

export interface GreyRange {
  readonly low: number;
  readonly high: number;
}

/** How far the range reaches beyond the values' 5th and 95th percentile, and beyond the median in quartile ranges. */
const REACH = { percentiles: 1.6, quartiles: 2.5 };

/** The range narrows to this share of the slice's own spread of values at least, so that noise alone is never told apart. */
const LEAST_SPREAD = 0.04;

/** The values that a segment may have, from those that it has on slices where it is known; undefined without a pixel. */
export function greyRange(known: readonly { mask: Mask; greys: Float32Array }[]): GreyRange | undefined {
  const values = known
    .flatMap(({ mask, greys }) => [...greys].filter((_, n) => mask.data[n] !== 0))
    .sort((a, b) => a - b);
  if (values.length === 0) return undefined;
  const at = (share: number) => values[Math.round(share * (values.length - 1))];
  const [middle, spread] = [at(0.5), REACH.quartiles * (at(0.75) - at(0.25))];
  const least = LEAST_SPREAD * Math.max(...known.map(({ greys }) => spreadOf(greys)));
  return {
    low: middle - Math.max(REACH.percentiles * (middle - at(0.05)), spread, least),
    high: middle + Math.max(REACH.percentiles * (at(0.95) - middle), spread, least),
  };
}

/** From the 5th to the 95th percentile of a slice, from a sample. */
function spreadOf(greys: Float32Array): number {
  const step = Math.max(1, Math.floor(greys.length / 4096));
  const sample = greys.filter((_, n) => n % step === 0).sort();
  return sample[Math.round(0.95 * (sample.length - 1))] - sample[Math.round(0.05 * (sample.length - 1))];
}

/** The part of a mask whose values lie in the range, without specks. */
export function maskWithin(mask: Mask, greys: Float32Array, { low, high }: GreyRange): Mask {
  const box = surroundings(mask);
  if (!box) return createMask(mask.width, mask.height);
  const inside = cropMask(mask, box);
  for (let y = 0, n = 0; y < inside.height; y++)
    for (let x = 0, at = (y + box.y0) * mask.width + box.x0; x < inside.width; x++, n++, at++)
      if (greys[at] < low || greys[at] > high) inside.data[n] = 0;
  const opened = open(inside);
  return pasteMask(maskArea(opened) > 0 ? opened : inside, box, mask);
}
