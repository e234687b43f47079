/** A layer of labels as the slices of another grid see it. */

import { transformPoint } from "../../../core/image/geometry.ts";
import { atSlice, sliceGrid } from "../../../core/image/slice.ts";
import type { Vec3 } from "../../../core/image/volume.ts";
import type { LabelLayer, LabelPlane, Target } from "./layer.ts";

type Labels = Uint8Array | Uint16Array;
/** The labels on slice k, at the target's size; undefined where there are none. May share memory with the layer. */
export type Sampler = (k: number) => Labels | undefined;

/** Pixels by which a corner may be off before a grid counts as another one. */
const SAME_PIXEL = 1e-2;

const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Planes that were drawn on a frame of the target lie on its slice; the others by their place, or in order without places. */
export function samplerOf(layer: LabelLayer, target: Target, placed: boolean): Sampler {
  const bySlice = referenced(layer, target);
  if (bySlice) return (k) => bySlice.get(k);
  if (!placed) return (k) => layer.planes[k]?.labels;
  return nearestSampler(layer, target);
}

/** The planes by the slice that shows their frame; undefined unless each one has its slice and the very same pixels. */
function referenced(layer: LabelLayer, target: Target): Map<number, Labels> | undefined {
  const [columns, rows] = target.size;
  if (!target.frames || layer.columns !== columns || layer.rows !== rows) return undefined;
  const sliceOf = new Map(target.frames.map((key, k) => [key, k]));
  const found = new Map<number, Labels>();
  for (const plane of layer.planes) {
    const k = sliceOf.get(plane.frames?.[0] ?? "");
    if (k === undefined || plane.frames?.length !== 1 || !samePlace(layer, plane, target, k) || found.has(k))
      return undefined;
    found.set(k, plane.labels);
  }
  return found;
}

function samePlace(
  { columns, rows, stepX, stepY }: LabelLayer,
  { position }: LabelPlane,
  target: Target,
  k: number,
): boolean {
  if (!position || target.unit === "px") return true;
  const matrix = atSlice(target, sliceGrid(target, "native"), k);
  const size = Math.hypot(...stepX);
  return [
    [0, 0],
    [columns - 1, 0],
    [0, rows - 1],
  ].every(([x = 0, y = 0]) => {
    const there = transformPoint(matrix, [x, y, 0]);
    const here: Vec3 = [0, 1, 2].map(
      (n) => (position[n] ?? 0) + x * (stepX[n] ?? 0) + y * (stepY[n] ?? 0),
    ) as unknown as Vec3; // three of three
    return Math.hypot(...minus(there, here)) < SAME_PIXEL * size;
  });
}

/** A plane with its distance along the normal. */
interface Placed {
  readonly at: number;
  readonly position: Vec3;
  readonly labels: Labels;
}

function nearestSampler(layer: LabelLayer, target: Target): Sampler {
  const normal = unit(cross(layer.stepX, layer.stepY));
  const planes = layer.planes
    .flatMap(({ position, labels }): Placed[] => (position ? [{ at: dot(position, normal), position, labels }] : []))
    .toSorted((a, b) => a.at - b.at);
  const grid = sliceGrid(target, "native");
  const reach = reachOf(layer, planes, Math.abs(dot(column(target.ijkToLps, 2), normal)));
  const [columns, rows] = target.size;
  return (k) => {
    const matrix = atSlice(target, grid, k);
    const [origin, along, down] = [transformPoint(matrix, [0, 0, 0]), column(matrix, 0), column(matrix, 1)];
    const [slopeX, slopeY] = [dot(along, normal), dot(down, normal)];
    const walk = { layer, planes, reach, columns, rows, origin, along, down };
    const parallel = Math.abs(slopeX) * columns + Math.abs(slopeY) * rows < SAME_PIXEL * reach;
    if (!parallel) return crossing(walk, normal);
    const plane = nearest(planes, dot(origin, normal), reach);
    return plane && inPlane(walk, plane);
  };
}

interface Walk {
  readonly layer: LabelLayer;
  readonly planes: readonly Placed[];
  readonly reach: number;
  readonly columns: number;
  readonly rows: number;
  readonly origin: Vec3;
  readonly along: Vec3;
  readonly down: Vec3;
}

const column = (m: readonly number[], n: number): Vec3 => [m[n] ?? 0, m[n + 4] ?? 0, m[n + 8] ?? 0];

function unit(v: Vec3): Vec3 {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** How far from a plane a point still belongs to it: half of what the plane stands for. */
function reachOf({ thickness }: LabelLayer, planes: readonly Placed[], step: number): number {
  const gaps = planes
    .slice(1)
    .map(({ at }, n) => at - (planes[n]?.at ?? at))
    .filter((gap) => gap > 1e-4);
  const smallest = gaps.length > 0 ? Math.min(...gaps) : undefined;
  return (thickness ?? smallest ?? (step || 1)) / 2 + 1e-3;
}

function nearest(planes: readonly Placed[], at: number, reach: number): Placed | undefined {
  let [low, high] = [0, planes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((planes[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [planes[low - 1], planes[low]];
  const best = !before || (after && after.at - at < at - before.at) ? after : before;
  return best && Math.abs(best.at - at) <= reach ? best : undefined;
}

/** LPS offset from a plane's first pixel → its x and y, for axes that need not be at right angles. */
function solverOf({ stepX, stepY }: LabelLayer) {
  const [xx, xy, yy] = [dot(stepX, stepX), dot(stepX, stepY), dot(stepY, stepY)];
  const n = 1 / (xx * yy - xy * xy);
  return (offset: Vec3): readonly [number, number] => {
    const [a, b] = [dot(offset, stepX), dot(offset, stepY)];
    return [(yy * a - xy * b) * n, (xx * b - xy * a) * n];
  };
}

function inPlane(walk: Walk, { position, labels }: Placed): Labels {
  const { layer, columns, rows, origin, along, down } = walk;
  const solve = solverOf(layer);
  const [x0, y0] = solve(minus(origin, position));
  const [[xi, yi], [xj, yj]] = [solve(along), solve(down)];
  const still = Math.max(
    Math.abs(x0),
    Math.abs(y0),
    Math.abs(xi - 1) * columns,
    Math.abs(yi) * columns,
    Math.abs(xj) * rows,
    Math.abs(yj - 1) * rows,
  );
  if (still < SAME_PIXEL && layer.columns === columns && layer.rows === rows) return labels;
  const out = new Uint16Array(columns * rows);
  for (let j = 0, n = 0; j < rows; j++)
    for (let i = 0; i < columns; i++, n++) {
      const [x, y] = [Math.round(x0 + i * xi + j * xj), Math.round(y0 + i * yi + j * yj)];
      if (x >= 0 && y >= 0 && x < layer.columns && y < layer.rows) out[n] = labels[y * layer.columns + x] ?? 0;
    }
  return out;
}

/** A slice that cuts through several planes asks each of its pixels for the nearest one. */
function crossing({ layer, planes, reach, columns, rows, origin, along, down }: Walk, normal: Vec3): Labels {
  const solve = solverOf(layer);
  const out = new Uint16Array(columns * rows);
  const [start, slopeX, slopeY] = [dot(origin, normal), dot(along, normal), dot(down, normal)];
  for (let j = 0, n = 0; j < rows; j++)
    for (let i = 0; i < columns; i++, n++) {
      const plane = nearest(planes, start + i * slopeX + j * slopeY, reach);
      if (!plane) continue;
      const p: Vec3 = [
        origin[0] + i * along[0] + j * down[0] - plane.position[0],
        origin[1] + i * along[1] + j * down[1] - plane.position[1],
        origin[2] + i * along[2] + j * down[2] - plane.position[2],
      ];
      const [fx, fy] = solve(p);
      const [x, y] = [Math.round(fx), Math.round(fy)];
      if (x >= 0 && y >= 0 && x < layer.columns && y < layer.rows) out[n] = plane.labels[y * layer.columns + x] ?? 0;
    }
  return out;
}
