/** Numbers of a mask: size and the grey values under it. Millimetres only where the slice knows its spacing. */

import type { Slice } from "../image/volume.ts";
import { type Mask, maskBounds } from "./mask.ts";
import type { Vertex } from "./polygon.ts";

export interface Measurement {
  /** Pixels inside. */
  readonly area: number;
  readonly areaMm2?: number;
  /** Of modality values (HU for CT); colour counts as luminance (ITU-R BT.601). NaN for an empty mask. */
  readonly mean: number;
  /** Standard deviation of the population (divided by n). */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** Largest distance between two corners of its pixels, in `unit`; 0 for an empty mask. */
  readonly longestDiameter: number;
  /** Of `longestDiameter`. */
  readonly unit: "mm" | "px";
}

/**
 * Measures a mask on its slice. A part of the slice that covers all of it at a coarser level will do: grey values are then
 * those of that level. Throws RangeError when the sizes differ.
 */
export function measureMask(mask: Mask, slice: Slice): Measurement {
  const { width, height, spacingMm } = slice.part?.whole ?? slice;
  if (mask.width !== width || mask.height !== height) {
    const got = `${mask.width} × ${mask.height}`;
    throw new RangeError(`The mask must be ${width} × ${height} as its slice, got ${got}.`);
  }
  const [spacingX, spacingY] = spacingMm ?? [1, 1];
  const statistics = statisticsOf(mask, slice);
  return {
    ...statistics,
    ...(spacingMm ? { areaMm2: statistics.area * spacingX * spacingY } : {}),
    longestDiameter: longestDistance(convexHull(outerCorners(mask, spacingX, spacingY))),
    unit: spacingMm ? "mm" : "px",
  };
}

/** Of modality values; in one pass, as differences from the first so that a large mean does not drown a small deviation. */
function statisticsOf(mask: Mask, slice: Slice) {
  const bounds = maskBounds(mask);
  if (!bounds) return { area: 0, mean: Number.NaN, sd: Number.NaN, min: Number.NaN, max: Number.NaN };
  const level = slice.part?.level ?? 0;
  const { slope, intercept } = slice.rescale;
  let first: number | undefined;
  let [area, sum, squares] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let y = bounds.y0; y <= bounds.y1; y++) {
    const row = (y >> level) * slice.width;
    for (let x = bounds.x0, n = y * mask.width + x; x <= bounds.x1; x++, n++) {
      if (mask.data[n] === 0) continue;
      const value = storedAt(slice, row + (x >> level)) * slope + intercept;
      first ??= value;
      const difference = value - first;
      area++;
      sum += difference;
      squares += difference * difference;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  const mean = sum / area;
  return { area, mean: mean + (first ?? 0), sd: Math.sqrt(Math.max(0, squares / area - mean * mean)), min, max };
}

function storedAt({ channels, data }: Slice, n: number): number {
  if (channels === 1) return data[n] ?? 0;
  return 0.299 * (data[3 * n] ?? 0) + 0.587 * (data[3 * n + 1] ?? 0) + 0.114 * (data[3 * n + 2] ?? 0);
}

/** Corners of the first and last pixel of each row: no other corner can be on the hull. Sorted by y, then x. */
function outerCorners({ width, height, data }: Mask, spacingX: number, spacingY: number): Vertex[] {
  const corners: Vertex[] = [];
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    const end = row.lastIndexOf(1) + 1;
    for (const edge of [y, y + 1]) corners.push([first * spacingX, edge * spacingY], [end * spacingX, edge * spacingY]);
  }
  return corners.sort(([ax, ay], [bx, by]) => ay - by || ax - bx);
}

/** Andrew's monotone chain; `points` come sorted. */
function convexHull(points: readonly Vertex[]): Vertex[] {
  const chain = (ordered: readonly Vertex[]) => {
    const hull: Vertex[] = [];
    for (const point of ordered) {
      while (hull.length > 1 && turn(hull[hull.length - 2], hull[hull.length - 1], point) <= 0) hull.pop();
      hull.push(point);
    }
    return hull;
  };
  return [...chain(points), ...chain(points.toReversed())];
}

function turn([ax, ay]: Vertex = [0, 0], [bx, by]: Vertex = [0, 0], [cx, cy]: Vertex): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

function longestDistance(hull: readonly Vertex[]): number {
  let longest = 0;
  for (const [ax, ay] of hull) for (const [bx, by] of hull) longest = Math.max(longest, Math.hypot(bx - ax, by - ay));
  return longest;
}
