/** Numbers of a mask: size and the grey values under it. Millimetres only where the slice knows its spacing. */

import type { Slice } from "../image/volume.ts";
import type { Mask } from "./mask.ts";
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

/** Measures a mask on its slice; throws RangeError when their sizes differ. */
export function measureMask(mask: Mask, slice: Slice): Measurement {
  if (mask.width !== slice.width || mask.height !== slice.height) {
    const got = `${mask.width} × ${mask.height}`;
    throw new RangeError(`The mask must be ${slice.width} × ${slice.height} as its slice, got ${got}.`);
  }
  const { spacingMm } = slice;
  const [spacingX, spacingY] = spacingMm ?? [1, 1];
  const statistics = statisticsOf(mask, slice);
  return {
    ...statistics,
    ...(spacingMm ? { areaMm2: statistics.area * spacingX * spacingY } : {}),
    longestDiameter: longestDistance(convexHull(outerCorners(mask, spacingX, spacingY))),
    unit: spacingMm ? "mm" : "px",
  };
}

/** Two passes, so that a large mean does not drown a small deviation. */
function statisticsOf({ data }: Mask, slice: Slice) {
  const { slope, intercept } = slice.rescale;
  let area = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < data.length; n++) {
    if (data[n] === 0) continue;
    const value = storedAt(slice, n) * slope + intercept;
    area++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (area === 0) return { area, mean: Number.NaN, sd: Number.NaN, min: Number.NaN, max: Number.NaN };
  const mean = sum / area;
  let squares = 0;
  for (let n = 0; n < data.length; n++) {
    if (data[n] !== 0) squares += (storedAt(slice, n) * slope + intercept - mean) ** 2;
  }
  return { area, mean, sd: Math.sqrt(squares / area), min, max };
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
    const first = row.findIndex((value) => value !== 0);
    if (first < 0) continue;
    const end = row.findLastIndex((value) => value !== 0) + 1;
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
