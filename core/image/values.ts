/** Modality values of single pixels. */
import type { Slice } from "./volume.ts";

/** All channels of a pixel (HU for CT); undefined where its own values are not there, but a mean of several or none. */
export function valuesAt(
  { data, width, height, channels, rescale, part }: Slice,
  { x, y }: { readonly x: number; readonly y: number },
): number[] | undefined {
  if (part && part.level > 0) return undefined;
  const { x0, y0, x1, y1 } = part?.region ?? { x0: 0, y0: 0, x1: width, y1: height };
  if (x < x0 || y < y0 || x >= x1 || y >= y1) return undefined;
  const first = ((y - y0) * width + x - x0) * channels;
  return Array.from(data.subarray(first, first + channels), (stored) => stored * rescale.slope + rescale.intercept);
}
