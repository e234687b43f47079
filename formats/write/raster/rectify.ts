/**
 * Labelmaps on a right-angled, even grid. ITK, and with it Slicer, ITK-SNAP and SimpleITK, opens no other: slices of a
 * tilted gantry are shifted by whole pixels, and uneven slices fill the even ones nearest to them. No label is lost.
 */
import type { Labelmap } from "../../../core/annotation/labelmap.ts";
import { axisOf, ijkToLpsFromDicom } from "../../../core/image/geometry.ts";
import type { Vec3 } from "../../../core/image/volume.ts";

export interface Rectified {
  readonly labelmap: Labelmap;
  /** What was done: nothing, slices shifted within their plane, slices repeated to fill an even distance. */
  readonly changes: readonly ("tilt" | "distance")[];
}

/** Cosine between axes that a reader still takes for a right angle. */
const RIGHT_ANGLE = 1e-4;
/** An even grid of more slices than this many for each real one is refused. */
const MOST_SLICES_FOR_ONE = 64;

const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (v: Vec3): Vec3 => {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
};
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Where a slice lies from the first one: pixels along i and j, millimetres across. */
interface Offset {
  readonly di: number;
  readonly dj: number;
  readonly across: number;
}

/** The same labels on a grid that every reader opens; the very same labelmap where it lies on one already. */
export function rectify(labelmap: Labelmap): Rectified {
  const { ijkToLps, size, slicePositions } = labelmap;
  const { changes, offsets, normal, even } = surveyed(labelmap);
  if (changes.length === 0 && even) return { labelmap, changes };
  const [i, j] = [axisOf(ijkToLps, 0), axisOf(ijkToLps, 1)];
  const [u, v] = [unit(i), unit(j)];
  const step = Math.abs(dot(axisOf(ijkToLps, 2), normal));
  const grid = gridOf(offsets, size, changes.includes("distance") ? step : undefined);
  const first: Vec3 = slicePositions?.[0] ?? [ijkToLps[3] ?? 0, ijkToLps[7] ?? 0, ijkToLps[11] ?? 0];
  const at = (axis: 0 | 1 | 2) => first[axis] + grid.i0 * i[axis] + grid.j0 * j[axis];
  const affine = ijkToLpsFromDicom({
    position: [at(0), at(1), at(2)],
    orientation: [...u, ...v],
    pixelSpacing: [Math.hypot(...j), Math.hypot(...i)],
    sliceStep: [normal[0] * step, normal[1] * step, normal[2] * step],
  });
  return { labelmap: { labels: moved(labelmap, offsets, grid), size: grid.size, ijkToLps: affine }, changes };
}

type Placed = Pick<Labelmap, "ijkToLps" | "size" | "slicePositions">;

/** What `rectify` would change, known before a voxel is written. */
export const gridChanges = (grid: Placed): Rectified["changes"] => surveyed(grid).changes;

/** How slices lie: where each is from the first one, and what of that no right-angled, even grid can say. */
function surveyed(grid: Placed) {
  const { ijkToLps, size, slicePositions } = grid;
  const [u, v] = [unit(axisOf(ijkToLps, 0)), unit(axisOf(ijkToLps, 1))];
  const normal = signedNormal(u, v, axisOf(ijkToLps, 2));
  const tilted = Math.max(...[u, v].map((axis) => Math.abs(dot(axis, unit(axisOf(ijkToLps, 2)))))) > RIGHT_ANGLE;
  const flat =
    !slicePositions || slicePositions.every((position) => samePlace(position, slicePositions[0] ?? position));
  if (Math.abs(dot(u, v)) > RIGHT_ANGLE || size[2] < 2 || (flat && !tilted))
    return { changes: [], offsets: [], normal, even: true };
  const offsets = offsetsOf(grid, { u, v, normal });
  const shifted = offsets.some(({ di, dj }) => Math.abs(di) > 0.5 || Math.abs(dj) > 0.5);
  const changes = [...(tilted || shifted ? (["tilt"] as const) : []), ...(flat ? [] : (["distance"] as const))];
  return { changes, offsets, normal, even: false };
}

const samePlace = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < 1e-6;

/** Across the plane, to the side on which the slices grow. */
function signedNormal(u: Vec3, v: Vec3, step: Vec3): Vec3 {
  const normal = unit(cross(u, v));
  return dot(normal, step) < 0 ? [-normal[0], -normal[1], -normal[2]] : normal;
}

function offsetsOf(
  { ijkToLps, size, slicePositions }: Placed,
  { u, v, normal }: { u: Vec3; v: Vec3; normal: Vec3 },
): Offset[] {
  const step = axisOf(ijkToLps, 2);
  const [width, height] = [Math.hypot(...axisOf(ijkToLps, 0)), Math.hypot(...axisOf(ijkToLps, 1))];
  const first = slicePositions?.[0] ?? [0, 0, 0];
  return Array.from({ length: size[2] }, (_, k) => {
    const p = slicePositions?.[k];
    const from: Vec3 = p
      ? [p[0] - first[0], p[1] - first[1], p[2] - first[2]]
      : [step[0] * k, step[1] * k, step[2] * k];
    return { di: dot(from, u) / width, dj: dot(from, v) / height, across: dot(from, normal) };
  });
}

interface Grid {
  readonly size: Vec3;
  /** Pixels by which the grid starts before the first slice. */
  readonly i0: number;
  readonly j0: number;
  /** Slice of the labelmap for each slice of the grid. */
  readonly sources: readonly number[];
}

/** A grid around all slices; with a step, of as many slices as lie between the first and the last. */
function gridOf(offsets: readonly Offset[], [columns, rows, slices]: Vec3, step: number | undefined): Grid {
  const shifts = (read: (offset: Offset) => number) => {
    const rounded = offsets.map((offset) => Math.round(read(offset)));
    return [Math.min(...rounded), Math.max(...rounded)] as const;
  };
  const [[i0, i1], [j0, j1]] = [shifts(({ di }) => di), shifts(({ dj }) => dj)];
  const count = step === undefined ? slices : Math.round((offsets.at(-1)?.across ?? 0) / step) + 1;
  if (count > MOST_SLICES_FOR_ONE * slices)
    throw new RangeError(`Slices lie too unevenly for one distance: ${slices} would become ${count}.`);
  const sources = Array.from({ length: count }, (_, k) => (step === undefined ? k : nearest(offsets, k * step)));
  return { size: [columns + i1 - i0, rows + j1 - j0, count], i0, j0, sources };
}

function nearest(offsets: readonly Offset[], across: number): number {
  let best = 0;
  for (const [k, offset] of offsets.entries())
    if (Math.abs(offset.across - across) < Math.abs((offsets[best]?.across ?? 0) - across)) best = k;
  return best;
}

function moved({ labels, size: [columns, rows] }: Labelmap, offsets: readonly Offset[], grid: Grid) {
  const [width, height, count] = grid.size;
  const out =
    labels instanceof Uint16Array ? new Uint16Array(width * height * count) : new Uint8Array(width * height * count);
  for (const [k, source] of grid.sources.entries()) {
    const offset = offsets[source];
    if (!offset) continue;
    const [x, y] = [Math.round(offset.di) - grid.i0, Math.round(offset.dj) - grid.j0];
    for (let row = 0; row < rows; row++) {
      const from = (source * rows + row) * columns;
      out.set(labels.subarray(from, from + columns), (k * height + y + row) * width + x);
    }
  }
  return out;
}
