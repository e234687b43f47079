/** Mask outlines as canvas paths in slice coordinates, made once per mask. */
import { traceContours } from "../../../core/mask/contours.ts";
import { createMask, type Mask } from "../../../core/mask/mask.ts";
import type { Vertex } from "../../../core/mask/polygon.ts";

export interface MaskPaths {
  /** Along the pixel edges. */
  readonly exact: Path2D;
  /** For looking at from a distance: the staircase smoothed, within a pixel of the boundary. */
  readonly smooth: Path2D;
}

const known = new WeakMap<Mask, Map<number, MaskPaths>>();

/** The outline of a mask, exact and smoothed. At a coarser level, for large masks far away, within 2^level pixels. */
export function maskPaths(mask: Mask, level = 0): MaskPaths {
  const levels = known.get(mask) ?? new Map<number, MaskPaths>();
  known.set(mask, levels);
  const paths = levels.get(level) ?? tracePaths(mask, level);
  levels.set(level, paths);
  return paths;
}

function tracePaths(mask: Mask, level: number): MaskPaths {
  const paths = { exact: new Path2D(), smooth: new Path2D() };
  const step = 2 ** level;
  const shift = (step - 1) / 2;
  const place = (ring: readonly Vertex[]) =>
    step === 1 ? ring : ring.map(([x, y]): Vertex => [x * step + shift, y * step + shift]);
  for (const { outer, holes } of traceContours(coarser(mask, step)))
    for (const ring of [outer, ...holes]) {
      addRing(paths.exact, place(ring));
      addRing(paths.smooth, place(smoothed(ring)));
    }
  return paths;
}

/** The pixel in the middle of each block stands for it. */
function coarser(mask: Mask, step: number): Mask {
  if (step === 1) return mask;
  const [width, height] = [Math.floor(mask.width / step), Math.floor(mask.height / step)];
  const reduced = createMask(width, height);
  const middle = step >> 1;
  for (let y = 0, n = 0; y < height; y++)
    for (let x = 0, at = (y * step + middle) * mask.width + middle; x < width; x++, n++, at += step)
      reduced.data[n] = mask.data[at] ?? 0;
  return reduced;
}

function addRing(path: Path2D, ring: readonly Vertex[]) {
  ring.forEach(([x, y], index) => {
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
  path.closePath();
}

/** Rings shorter than this are small objects, whose shape smoothing would take away. */
const SMALL_RING = 16;
const PASSES = 4;

/** Middles of the unit edges, which lie on the 0.5 iso-line of the binary mask, then a binomial filter along the ring. */
function smoothed(ring: readonly Vertex[]): readonly Vertex[] {
  let points = edgeMiddles(ring);
  if (points.length < SMALL_RING) return points;
  for (let pass = 0; pass < PASSES; pass++) points = points.map((point, index) => average(points, point, index));
  return points;
}

function average(points: readonly Vertex[], [x, y]: Vertex, index: number): Vertex {
  const [beforeX, beforeY] = points[(index + points.length - 1) % points.length];
  const [afterX, afterY] = points[(index + 1) % points.length];
  return [(beforeX + 2 * x + afterX) / 4, (beforeY + 2 * y + afterY) / 4];
}

function edgeMiddles(ring: readonly Vertex[]): readonly Vertex[] {
  return ring.flatMap(([x, y], index) => {
    const [toX, toY] = ring[(index + 1) % ring.length];
    const steps = Math.abs(toX - x) + Math.abs(toY - y);
    return Array.from({ length: steps }, (_, step): Vertex => {
      const share = (step + 0.5) / steps;
      return [x + (toX - x) * share, y + (toY - y) * share];
    });
  });
}
