/** Numbers of a mask: size and the grey values under it. Millimetres only where the slice knows its spacing. */

import type { Slice } from "../image/volume.ts";
import type { Mask } from "./mask.ts";
import type { Vertex } from "./polygon.ts";
import { createTally, type Histogram } from "./tally.ts";

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
  readonly median: number;
  /** `undefined` for an empty mask. */
  readonly histogram: Histogram | undefined;
  /** Largest distance between two corners of its pixels, in `unit`; 0 for an empty mask. */
  readonly longestDiameter: number;
  /** Widest extent of its convex hull at a right angle to the longest diameter (the short axis of RECIST 1.1). */
  readonly perpendicularDiameter: number;
  /** Of both diameters. */
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
  const tally = createTally();
  tally.add(mask, slice);
  const { count: area, ...statistics } = tally.statistics();
  return {
    area,
    ...statistics,
    histogram: tally.histogram(),
    ...(spacingMm ? { areaMm2: area * spacingX * spacingY } : {}),
    ...diametersOf(mask, [spacingX, spacingY]),
    unit: spacingMm ? "mm" : "px",
  };
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

/** Both diameters in units of the spacing; 0 for an empty mask. */
export function diametersOf(mask: Mask, [spacingX, spacingY]: readonly [number, number]) {
  const hull = convexHull(outerCorners(mask, spacingX, spacingY));
  let longest = { length: 0, along: [1, 0] as Vertex };
  for (const [ax, ay] of hull)
    for (const [bx, by] of hull) {
      const length = Math.hypot(bx - ax, by - ay);
      if (length > longest.length) longest = { length, along: [(bx - ax) / length, (by - ay) / length] };
    }
  return { longestDiameter: longest.length, perpendicularDiameter: widthAcross(hull, longest.along) };
}

/** The longest chord of a convex hull at a right angle to a direction: chords are longest at a vertex. */
function widthAcross(hull: readonly Vertex[], [ux, uy]: Vertex): number {
  const turned = hull.map(([x, y]): Vertex => [x * ux + y * uy, y * ux - x * uy]);
  return turned.reduce((widest, [t]) => Math.max(widest, chordAt(turned, t)), 0);
}

/** Length of the hull's chord at x = t. */
function chordAt(hull: readonly Vertex[], t: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  hull.forEach(([ax, ay], n) => {
    const [bx, by] = hull[(n + 1) % hull.length];
    if (Math.min(ax, bx) > t || Math.max(ax, bx) < t) return;
    for (const y of ax === bx ? [ay, by] : [ay + ((by - ay) * (t - ax)) / (bx - ax)]) {
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
  });
  return Math.max(0, high - low);
}
