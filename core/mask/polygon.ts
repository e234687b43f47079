/** Lasso and scribble outlines. Vertices are pixels of the slice, integer = pixel centre. */
import { createMask, type Mask } from "./mask.ts";

export type Vertex = readonly [x: number, y: number];

/** Pixels whose centres lie inside the closed outline, by the even-odd rule; parts outside the image are cut off. */
export function fillPolygon(points: readonly Vertex[], width: number, height: number): Mask {
  return fillRings([points], width, height);
}

/** As `fillPolygon` for several rings at once: holes cut out, in any order and direction. */
export function fillRings(rings: readonly (readonly Vertex[])[], width: number, height: number): Mask {
  const mask = createMask(width, height);
  for (const ring of rings) {
    for (let n = 0; n < ring.length; n++) {
      const from = ring[n];
      const to = ring[n + 1] ?? ring[0];
      if (from && to) toggleRightOf(from, to, mask);
    }
  }
  const { data } = mask;
  for (let row = 0; row < data.length; row += width) {
    for (let n = row + 1; n < row + width; n++) data[n] = (data[n] ?? 0) ^ (data[n - 1] ?? 0);
  }
  return mask;
}

/** Rings of a polygon cut holes into each other; polygons add up. */
export function fillPolygons(
  polygons: readonly (readonly (readonly Vertex[])[])[],
  width: number,
  height: number,
): Mask {
  const all = createMask(width, height);
  for (const rings of polygons) {
    const { data } = fillRings(rings, width, height);
    for (let n = 0; n < data.length; n++) if (data[n]) all.data[n] = 1;
  }
  return all;
}

/** At most `maxPoints` vertices, evenly spaced along the line, both ends kept; a short line is returned as it is. */
export function resamplePolyline(points: readonly Vertex[], maxPoints: number): readonly Vertex[] {
  if (!(maxPoints >= 2)) throw new RangeError(`A line needs at least 2 points, got ${maxPoints}.`);
  if (points.length <= maxPoints) return points;
  const along = new Float64Array(points.length);
  for (let n = 1; n < points.length; n++) {
    const [ax, ay] = points[n - 1] ?? [0, 0];
    const [bx, by] = points[n] ?? [0, 0];
    along[n] = (along[n - 1] ?? 0) + Math.hypot(bx - ax, by - ay);
  }
  const total = along[points.length - 1] ?? 0;
  const out: Vertex[] = [];
  for (let n = 0, segment = 1; n < maxPoints; n++) {
    const target = (total * n) / (maxPoints - 1);
    while (segment < points.length - 1 && (along[segment] ?? 0) < target) segment++;
    const start = along[segment - 1] ?? 0;
    const length = (along[segment] ?? 0) - start;
    out.push(
      between(points[segment - 1] ?? [0, 0], points[segment] ?? [0, 0], length > 0 ? (target - start) / length : 0),
    );
  }
  return out;
}

const between = ([ax, ay]: Vertex, [bx, by]: Vertex, t: number): Vertex => {
  const s = Math.min(1, t);
  return [ax + (bx - ax) * s, ay + (by - ay) * s];
};

/** Flips, in every row that the edge crosses, the first pixel at or right of it; a running XOR then fills the row. */
function toggleRightOf([ax, ay]: Vertex, [bx, by]: Vertex, { width, height, data }: Mask): void {
  const first = Math.max(0, Math.ceil(Math.min(ay, by)));
  const end = Math.min(height, Math.ceil(Math.max(ay, by)));
  for (let y = first; y < end; y++) {
    const x = Math.max(0, Math.ceil(ax + ((y - ay) * (bx - ax)) / (by - ay)));
    if (x < width) data[y * width + x] = (data[y * width + x] ?? 0) ^ 1;
  }
}
