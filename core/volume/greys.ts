/** Which grey values a segment has, and which pixels of another slice have them too. */
import type { Slice } from "../image/volume.ts";
import { createMask, cropMask, type Mask, maskArea, maskBounds, pasteMask } from "../mask/mask.ts";
import { open, surroundings } from "../mask/morphology.ts";
import type { PixelBox } from "../wire/common.ts";

/**
 * Modality values (HU for CT; luminance of colour, ITU-R BT.601) within a box, corners included, each the mean of its 3 × 3
 * neighbourhood on the slice; of all of it when no box is given.
 */
export function smoothGreys(slice: Slice, box: PixelBox = wholeOf(slice)): Float32Array {
  const { x0, y0, x1, y1 } = box;
  const width = x1 - x0 + 1;
  const values = new Float32Array(width * (y1 - y0 + 1));
  const line = new Float32Array(width + 2);
  let [above, row, below] = [0, 1, 2].map(() => new Float32Array(width));
  const meansOf = (y: number, out: Float32Array) => {
    greysAlong(slice, Math.min(Math.max(y, 0), slice.height - 1), x0 - 1, line);
    for (let x = 0; x < width; x++) out[x] = (line[x] + line[x + 1] + line[x + 2]) / 3;
  };
  meansOf(y0 - 1, above);
  meansOf(y0, row);
  for (let y = y0, n = 0; y <= y1; y++) {
    meansOf(y + 1, below);
    for (let x = 0; x < width; x++, n++) values[n] = (above[x] + row[x] + below[x]) / 3;
    [above, row, below] = [row, below, above];
  }
  return values;
}

const wholeOf = ({ width, height }: Slice): PixelBox => ({ x0: 0, y0: 0, x1: width - 1, y1: height - 1 });

/** Values of row y from x = `from` on; beyond the slice those of its border. */
function greysAlong(
  { channels, data, rescale: { slope, intercept }, width }: Slice,
  y: number,
  from: number,
  out: Float32Array,
): void {
  for (let n = 0; n < out.length; n++) {
    const at = (y * width + Math.min(Math.max(from + n, 0), width - 1)) * channels;
    const grey = channels === 1 ? data[at] : 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    out[n] = grey * slope + intercept;
  }
}

export interface GreyRange {
  readonly low: number;
  readonly high: number;
}

/** How far the range reaches beyond the values' 5th and 95th percentile, and beyond the median in quartile ranges. */
const REACH = { percentiles: 1.6, quartiles: 2.5 };

/** The range narrows to this share of the slice's own spread of values at least, so that noise alone is never told apart. */
const LEAST_SPREAD = 0.04;

/** A slice on which the segment is known. */
export interface Known {
  readonly mask: Mask;
  readonly slice: Slice;
}

/** The values that a segment may have, from those that it has on slices where it is known; undefined without a pixel. */
export function greyRange(known: readonly Known[]): GreyRange | undefined {
  const values = Float32Array.from(known.flatMap(valuesInside)).sort();
  if (values.length === 0) return undefined;
  const at = (share: number) => values[Math.round(share * (values.length - 1))];
  const [middle, spread] = [at(0.5), REACH.quartiles * (at(0.75) - at(0.25))];
  const least = LEAST_SPREAD * Math.max(...known.map(({ slice }) => spreadOf(smoothGreys(slice))));
  return {
    low: middle - Math.max(REACH.percentiles * (middle - at(0.05)), spread, least),
    high: middle + Math.max(REACH.percentiles * (at(0.95) - middle), spread, least),
  };
}

function valuesInside({ mask, slice }: Known): number[] {
  const box = maskBounds(mask);
  if (!box) return [];
  const inside = cropMask(mask, box);
  const values: number[] = [];
  smoothGreys(slice, box).forEach((value, n) => {
    if (inside.data[n]) values.push(value);
  });
  return values;
}

/** From the 5th to the 95th percentile of a slice, from a sample. */
function spreadOf(greys: Float32Array): number {
  const step = Math.max(1, Math.floor(greys.length / 4096));
  const sample = Float32Array.from({ length: Math.ceil(greys.length / step) }, (_, n) => greys[n * step]).sort();
  return sample[Math.round(0.95 * (sample.length - 1))] - sample[Math.round(0.05 * (sample.length - 1))];
}

/** The part of a mask whose values on the slice lie in the range, without specks. */
export function maskWithin(mask: Mask, slice: Slice, { low, high }: GreyRange): Mask {
  const box = surroundings(mask);
  if (!box) return createMask(mask.width, mask.height);
  const inside = cropMask(mask, box);
  const greys = smoothGreys(slice, box);
  for (let n = 0; n < greys.length; n++) if (greys[n] < low || greys[n] > high) inside.data[n] = 0;
  const opened = open(inside);
  return pasteMask(maskArea(opened) > 0 ? opened : inside, box, mask);
}
