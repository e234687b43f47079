/** Parts of slices at a level of detail, so that a picture of any size is looked at and encoded piece by piece. */
import type { Crop } from "../wire/embedding.ts";
import { multiply } from "./geometry.ts";
import type { PartRequest, Slice, SlicePart, VoxelArray } from "./volume.ts";

type Size = Pick<Slice, "width" | "height">;

/** Larger slices are sent in parts: 2^22 pixels are 12 MB of colour. */
export const isLarge = ({ width, height }: Size): boolean => width * height > 2 ** 22;

export const wholeOf = ({ width, height }: Size): Crop => ({ x0: 0, y0: 0, x1: width, y1: height });

/** The coarsest level at which the longest side of a region still has `pixels` pixels. */
export function levelFor({ x0, y0, x1, y1 }: Crop, pixels: number): number {
  return Math.max(0, Math.floor(Math.log2(Math.max(x1 - x0, y1 - y0) / pixels)));
}

/** The part of a whole slice; the slice itself when that is all of it. Throws RangeError for a region outside of it. */
export function partOf(slice: Slice, { region, level }: PartRequest): Slice {
  const { x0, y0, x1, y1 } = region;
  const inside = x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= slice.width && y1 <= slice.height;
  if (!inside || ![x0, y0, x1, y1, level].every(Number.isInteger) || level < 0 || level > MAX_LEVEL)
    throw new RangeError(
      `Expected a region within ${slice.width} × ${slice.height} pixels and a level to ${MAX_LEVEL}.`,
    );
  if (level === 0 && x1 - x0 === slice.width && y1 - y0 === slice.height) return slice;
  const grid = partGrid(slice, { region, level });
  return { ...slice, ...grid, data: meansOf(slice, region, 2 ** level) };
}

type Grid = Pick<Slice, "width" | "height" | "spacingMm" | "xyToLps">;

/** Where the pixels of a part lie. */
export function partGrid(
  { width, height, spacingMm, xyToLps }: Grid,
  { region, level }: PartRequest,
): Grid & { readonly part: SlicePart } {
  const step = 2 ** level;
  return {
    width: Math.ceil((region.x1 - region.x0) / step),
    height: Math.ceil((region.y1 - region.y0) / step),
    spacingMm: spacingMm && [spacingMm[0] * step, spacingMm[1] * step],
    xyToLps: multiply(xyToLps, partToSlice(region, step)),
    part: { region, level, whole: { width, height, spacingMm } },
  };
}

/** A slice of 2^16 pixels a side is one pixel at the last level. */
const MAX_LEVEL = 16;

/** (x, y) of a part → (x, y) of its slice: centres of blocks lie between pixels. */
const partToSlice = ({ x0, y0 }: Crop, step: number): readonly number[] => {
  const shift = (step - 1) / 2;
  return [step, 0, 0, x0 + shift, 0, step, 0, y0 + shift, 0, 0, 1, 0, 0, 0, 0, 1];
};

function meansOf({ data, width, channels }: Slice, region: Crop, step: number): VoxelArray {
  const [columns, rows] = [region.x1 - region.x0, region.y1 - region.y0];
  const line = Math.ceil(columns / step) * channels;
  const out = emptyLike(data, line * Math.ceil(rows / step));
  const sums = new Float64Array(line);
  for (let top = 0, o = 0; top < rows; top += step, o += line) {
    const tall = Math.min(step, rows - top);
    sums.fill(0);
    for (let y = 0; y < tall; y++) {
      const from = ((region.y0 + top + y) * width + region.x0) * channels;
      addRow(sums, data, from, { columns, channels, step });
    }
    for (let i = 0; i < line; i++) {
      const wide = Math.min(step, columns - Math.floor(i / channels) * step);
      const mean = sums[i] / (wide * tall);
      out[o + i] = out instanceof Float32Array || out instanceof Float64Array ? mean : Math.round(mean);
    }
  }
  return out;
}

interface Row {
  readonly columns: number;
  readonly channels: number;
  readonly step: number;
}

function addRow(sums: Float64Array, data: VoxelArray, from: number, { columns, channels, step }: Row): void {
  for (let x = 0, o = 0, at = from; x < columns; x += step, o += channels) {
    const end = Math.min(columns, x + step);
    for (let n = x; n < end; n++) for (let c = 0; c < channels; c++) sums[o + c] += data[at++];
  }
}

function emptyLike<T extends VoxelArray>(data: T, length: number): T {
  const Values = data.constructor as new (length: number) => T; // the class of a typed array takes a length
  return new Values(length);
}
