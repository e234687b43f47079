/** Mask outlines as canvas paths in slice coordinates, made once per mask. */
import { traceContours } from "../../../core/contours.ts";
import type { Mask } from "../../../core/mask.ts";
import type { Vertex } from "../../../core/polygon.ts";

const paths = new WeakMap<Mask, Path2D>();

/**
 * The outline of a mask. Corners of the pixel staircase are cut at the middle of each pixel edge, which is the 0.5
 * iso-line of the binary mask (marching squares): never more than half a pixel from the true boundary.
 */
export function maskPath(mask: Mask): Path2D {
  const known = paths.get(mask);
  if (known) return known;
  const path = new Path2D();
  for (const { outer, holes } of traceContours(mask)) for (const ring of [outer, ...holes]) addCut(path, ring);
  paths.set(mask, path);
  return path;
}

function addCut(path: Path2D, points: readonly Vertex[]) {
  const count = points.length;
  for (let i = 0; i < count; i++) {
    const previous = points[(i + count - 1) % count];
    const corner = points[i];
    const next = points[(i + 1) % count];
    const before = towards(corner, previous);
    const after = towards(corner, next);
    if (i === 0) path.moveTo(before[0], before[1]);
    else path.lineTo(before[0], before[1]);
    path.lineTo(after[0], after[1]);
  }
  path.closePath();
}

/** The point half a pixel from `from` on its way to `to`. */
function towards([x, y]: Vertex, [toX, toY]: Vertex): Vertex {
  const length = Math.hypot(toX - x, toY - y);
  const share = length === 0 ? 0 : 0.5 / length;
  return [x + (toX - x) * share, y + (toY - y) * share];
}
