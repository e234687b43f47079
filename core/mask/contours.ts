/**
 * Outlines along pixel edges: their area is the pixel count, to the last digit (marching squares lose half a pixel
 * at every convex corner). Vertices are slice coordinates, so a pixel's corners are at ±0.5 of its centre.
 */
import { connectedComponents } from "./components.ts";
import { cropMask, type Mask, maskBounds } from "./mask.ts";
import type { Vertex } from "./polygon.ts";

/** One 4-connected part of a mask, as GeoJSON's Polygon has it, except that rings are not closed by a repeated vertex. */
export interface Contour {
  /** Positive shoelace area (counter-clockwise where y points up). */
  readonly outer: readonly Vertex[];
  /** Negative shoelace area. A hole may touch the outer ring or another hole in a vertex. */
  readonly holes: readonly (readonly Vertex[])[];
}

/** Edge directions, clockwise on the screen: right, down, left, up. The mask is on the side of the next one. */
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];

/** Area-true polygons of a mask in raster order; rings are simple, pixels that touch in a corner only are apart. */
export function traceContours(mask: Mask): Contour[] {
  const bounds = maskBounds(mask);
  if (!bounds) return [];
  const move = (ring: readonly Vertex[]) => ring.map(([x, y]): Vertex => [x + bounds.x0, y + bounds.y0]);
  return contoursIn(cropMask(mask, bounds)).map(({ outer, holes }) => ({ outer: move(outer), holes: holes.map(move) }));
}

function contoursIn(mask: Mask): Contour[] {
  const { width, height, data } = mask;
  const { labels, count } = connectedComponents(mask, 4);
  const found = Array.from({ length: count }, () => ({ outer: [] as Vertex[], holes: [] as Vertex[][] }));
  const traced = new Uint8Array(data.length);
  for (let y = 0, n = 0; y < height; y++) {
    for (let x = 0; x < width; x++, n++) {
      if (data[n] === 0 || traced[n] !== 0 || (y > 0 && data[n - width] !== 0)) continue;
      const contour = found[(labels[n] ?? 0) - 1];
      for (const ring of traceRings(mask, x, y, traced)) {
        if (ringArea(ring) < 0) contour?.holes.push(ring);
        else if (contour) contour.outer = ring;
      }
    }
  }
  return found;
}

/** Enclosed area in pixels, holes taken off. */
export function contourArea({ outer, holes }: Contour): number {
  return holes.reduce((area, hole) => area + ringArea(hole), ringArea(outer));
}

/** Signed shoelace area of a ring, positive for an outer one. */
export function ringArea(ring: readonly Vertex[]): number {
  let twice = 0;
  let [ax, ay] = ring[ring.length - 1] ?? [0, 0];
  for (const [bx, by] of ring) {
    twice += ax * by - bx * ay;
    ax = bx;
    ay = by;
  }
  return twice / 2;
}

/**
 * Follows the edges from the upper left corner of pixel (x, y) around to it. Where two pixels touch in a corner the
 * walk stays with its own; a vertex met twice cuts the walk into two rings. Marks the upper edges that it used.
 */
function traceRings({ width, height, data }: Mask, x: number, y: number, traced: Uint8Array): Vertex[][] {
  const inside = ([px, py]: Vertex) => px >= 0 && px < width && py >= 0 && py < height && data[py * width + px] !== 0;
  const rings: Vertex[][] = [];
  const path: Vertex[] = [[x - 0.5, y - 0.5]];
  const crossings = new Map<number, number>();
  if (inside([x - 1, y - 1])) crossings.set(y * (width + 1) + x, 0);
  let cx = x;
  let cy = y;
  let direction = 0;
  for (;;) {
    if (direction === 0) traced[cy * width + cx] = 1;
    cx += DX[direction] ?? 0;
    cy += DY[direction] ?? 0;
    const own = inside(pixelAhead(cx, cy, direction, 1));
    const other = inside(pixelAhead(cx, cy, direction, -1));
    if (own && !other) continue;
    direction = (direction + (own ? 3 : 1)) % 4;
    if (cx === x && cy === y && direction === 0) break;
    const vertex: Vertex = [cx - 0.5, cy - 0.5];
    const touching = other && !own;
    const seen = touching ? (crossings.get(cy * (width + 1) + cx) ?? -1) : -1;
    const [seenX, seenY] = path[seen] ?? [];
    if (seenX === vertex[0] && seenY === vertex[1]) {
      rings.push([...path.splice(seen + 1), vertex]);
      continue;
    }
    if (touching) crossings.set(cy * (width + 1) + cx, path.length);
    path.push(vertex);
  }
  rings.push(path);
  return rings;
}

/** The pixel before the vertex (cx, cy), on the mask's side (1) of the walk or on the other (−1). */
function pixelAhead(cx: number, cy: number, direction: number, side: 1 | -1): Vertex {
  const dx = DX[direction] ?? 0;
  const dy = DY[direction] ?? 0;
  // Pixel (px, py) has its centre half a unit right of and below its corner (px, py).
  return [cx + (dx - side * dy - 1) / 2, cy + (dy + side * dx - 1) / 2];
}
