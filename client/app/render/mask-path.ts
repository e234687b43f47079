/** Mask outlines as canvas paths in slice coordinates, made once per mask. */
import { traceContours } from "../../../core/mask/contours.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import type { Vertex } from "../../../core/mask/polygon.ts";

export interface MaskPaths {
  /** Along the pixel edges. */
  readonly exact: Path2D;
  /** For looking at from a distance: the staircase smoothed, within a pixel of the boundary. */
  readonly smooth: Path2D;
}

const known = new WeakMap<Mask, MaskPaths>();

/** The outline of a mask, exact and smoothed. */
export function maskPaths(mask: Mask): MaskPaths {
  const cached = known.get(mask);
  if (cached) return cached;
  const paths = { exact: new Path2D(), smooth: new Path2D() };
  for (const { outer, holes } of traceContours(mask))
    for (const ring of [outer, ...holes]) {
      addRing(paths.exact, ring);
      addRing(paths.smooth, smoothed(ring));
    }
  known.set(mask, paths);
  return paths;
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
