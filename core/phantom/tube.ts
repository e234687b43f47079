/** Vessels and gut: tubes along lines. */
import type { Vec3 } from "../image/volume.ts";
import { type Box, type Canvas, paint, type Shape, type Tissue } from "./canvas.ts";

/** A point of a tube's middle line with the radius there, mm. */
export type Node = readonly [x: number, y: number, z: number, radius: number];

export interface TubePaint {
  readonly tissue: Tissue;
  readonly label?: number;
  readonly within?: number;
  /** Added to every radius: negative for the lumen of a wall. */
  readonly grow?: number;
}

/** Paints a tube along a smooth line through the nodes. */
export function paintTube(canvas: Canvas, nodes: readonly Node[], { grow = 0, ...how }: TubePaint): void {
  const line = smoothLine(nodes);
  for (let n = 1; n < line.length; n++) {
    const a = line[n - 1];
    const b = line[n];
    if (a && b) paint(canvas, { ...how, box: boxOf(a, b, grow), shape: capsule(a, b, grow) });
  }
}

/** One straight piece with round ends. */
export function paintCapsule(canvas: Canvas, a: Node, b: Node, how: TubePaint): void {
  paint(canvas, { ...how, box: boxOf(a, b, 0), shape: capsule(a, b, 0) });
}

function capsule([ax, ay, az, ra]: Node, [bx, by, bz, rb]: Node, grow: number): Shape {
  const dx = bx - ax;
  const dy = by - ay;
  const dz = bz - az;
  const length2 = dx * dx + dy * dy + dz * dz || 1;
  return (x, y, z) => {
    const px = x - ax;
    const py = y - ay;
    const pz = z - az;
    const t = Math.min(1, Math.max(0, (px * dx + py * dy + pz * dz) / length2));
    const ex = px - dx * t;
    const ey = py - dy * t;
    const ez = pz - dz * t;
    return Math.sqrt(ex * ex + ey * ey + ez * ez) - (ra + (rb - ra) * t) - grow;
  };
}

function boxOf(a: Node, b: Node, grow: number): Box {
  const reach = Math.max(a[3], b[3]) + grow + 1;
  const low = (n: 0 | 1 | 2) => Math.min(a[n], b[n]) - reach;
  const high = (n: 0 | 1 | 2) => Math.max(a[n], b[n]) + reach;
  const from: Vec3 = [low(0), low(1), low(2)];
  return { from, to: [high(0), high(1), high(2)] };
}

/** Catmull-Rom through the nodes, in pieces about as long as the tube is thick, four at most between two. */
function smoothLine(nodes: readonly Node[]): Node[] {
  const line: Node[] = [];
  for (let n = 0; n + 1 < nodes.length; n++) {
    const [p0, p1, p2, p3] = [nodes[n - 1] ?? nodes[n], nodes[n], nodes[n + 1], nodes[n + 2] ?? nodes[n + 1]];
    if (!p0 || !p1 || !p2 || !p3) continue;
    const length = Math.hypot(p2[0] - p1[0], p2[1] - p1[1], p2[2] - p1[2]);
    const pieces = Math.min(4, Math.ceil(length / Math.max(p1[3], p2[3])));
    for (let step = 0; step < pieces; step++) {
      const at = (c: 0 | 1 | 2 | 3) => spline(p0[c], p1[c], p2[c], p3[c], step / pieces);
      line.push([at(0), at(1), at(2), Math.max(0.5, at(3))]);
    }
  }
  const last = nodes.at(-1);
  return last ? [...line, last] : line;
}

function spline(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}
