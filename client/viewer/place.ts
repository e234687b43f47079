/**
 * From places of a host to pixels of our slices.
 *
 * Which slice: the one whose centre plane is nearest. A point exactly between two slices belongs to the one with the higher
 * k (half goes up, in our order of slices, whatever the order of the host); less than a thousandth of a slice counts as exactly.
 * Which plane: the one that looks most along the normal. Where several look equally well, the first of axial, coronal,
 * sagittal, native.
 */
import { SegmenterError } from "../../core/errors.ts";
import { axisOf, invert, transformPoint } from "../../core/image/geometry.ts";
import { planeOf } from "../../core/image/planes.ts";
import type { Mat4, Plane, Vec3 } from "../../core/image/volume.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import type { HostPoint, HostPrompt, ImageGeometry, PlaneGrid, SlicePixel } from "./types.ts";

/** Of a slice: rounding errors of hosts are smaller, and no hand clicks that well. */
const TIE = 1e-3;

const ORDER: readonly Plane[] = ["axial", "coronal", "sagittal", "native"];

/** Where a point of a host lies in our slices. Throws SliceNotFound outside of the stack. */
export function pixelOf(image: ImageGeometry, at: HostPoint): SlicePixel {
  if (at.space === "lps") return onPlane(image, planeAlong(image, at.normal), at.point);
  const { plane = "native", slice = 0, pixel } = at;
  planeOf(image, plane, slice);
  const shift = pixel === "edge" ? 0.5 : 0;
  return { plane, slice, x: at.x - shift, y: at.y - shift };
}

/** The plane that looks most along a normal; without one that of the series. */
export function planeAlong(image: ImageGeometry, normal?: Vec3): Plane {
  const across = normal ?? normalOf(planeOf(image, "native"));
  const sorted = image.planes.toSorted((a, b) => ORDER.indexOf(a.plane) - ORDER.indexOf(b.plane));
  let best: Plane = "native";
  let bestCosine = -1;
  for (const grid of sorted) {
    const cosine = Math.abs(cosineOf(normalOf(grid), across));
    if (cosine > bestCosine + 1e-6) [best, bestCosine] = [grid.plane, cosine];
  }
  return best;
}

/** (x, y, 0) → LPS of one slice, at its own position where the stack is uneven. */
export function sliceToLps({ slicePositions }: ImageGeometry, { plane, xyToLps }: PlaneGrid, slice: number): Mat4 {
  const own = plane === "native" ? slicePositions?.[slice] : undefined;
  const origin = own ?? transformPoint(xyToLps, [0, 0, slice]);
  return xyToLps.map((value, n) => (n % 4 === 3 && n < 12 ? (origin[n >> 2] ?? 0) : value));
}

/** The nearest whole slice of a fractional one: half goes up. */
export const nearestSlice = (k: number): number => Math.floor(k + 0.5 + TIE);

/** A host's prompt as a prompt of ours, on the slice of its first point. Throws SliceNotFound. */
export function promptOf(image: ImageGeometry, prompt: HostPrompt): { at: SlicePixel; prompt: Prompt } {
  const first = firstOf(prompt);
  const at = pixelOf(image, first);
  const { width, height } = planeOf(image, at.plane);
  const flat = (point: HostPoint, reach = 0.5): [number, number] => {
    const { x, y } = pixelOn(image, at, point);
    return [kept(x, width, reach), kept(y, height, reach)];
  };
  switch (prompt.kind) {
    case "point": {
      const [x, y] = flat(first);
      return { at, prompt: { kind: "point", x, y, label: prompt.label ?? "foreground" } };
    }
    case "box": {
      const [[ax, ay], [bx, by]] = [
        flat(prompt.from, Number.POSITIVE_INFINITY),
        flat(prompt.to, Number.POSITIVE_INFINITY),
      ];
      const [x0, y0, x1, y1] = [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
      return { at, prompt: { kind: "box", x0, y0, x1, y1 } };
    }
    case "scribble":
    case "lasso": {
      const { kind, label = "foreground" } = prompt;
      return { at, prompt: { kind, points: prompt.points.map((point) => flat(point)), label } };
    }
    case "text":
      return { at, prompt: { kind: "text", text: prompt.text } };
    default:
      return prompt satisfies never;
  }
}

/** Centres of the outermost pixels for places up to `reach` outside: half a pixel belongs to them, and boxes end there. */
function kept(value: number, count: number, reach: number): number {
  const near = Math.min(count - 1, Math.max(0, value));
  return Math.abs(near - value) <= reach + TIE ? near : value;
}

function firstOf(prompt: HostPrompt): HostPoint {
  if (prompt.kind === "box") return prompt.from;
  if (prompt.kind === "point" || prompt.kind === "text") return prompt.at;
  const [first] = prompt.points;
  if (!first) throw new SegmenterError("InvalidPrompt", { index: 0, reason: "expected at least one point" });
  return first;
}

/** Straight down on a slice that is chosen already. */
function pixelOn(image: ImageGeometry, { plane, slice }: SlicePixel, point: HostPoint): { x: number; y: number } {
  if (point.space === "image") return pixelOf(image, point);
  const [x, y] = transformPoint(invert(sliceToLps(image, planeOf(image, plane), slice)), point.point);
  return { x, y };
}

function onPlane(image: ImageGeometry, plane: Plane, point: Vec3): SlicePixel {
  const grid = planeOf(image, plane);
  const slice = image.slicePositions && plane === "native" ? nearestOf(image, grid, point) : nearestIn(grid, point);
  if (slice < 0 || slice >= grid.count) throw new SegmenterError("SliceNotFound", { plane, slice, count: grid.count });
  const [x, y] = transformPoint(invert(sliceToLps(image, grid, slice)), point);
  return { plane, slice, x, y };
}

const nearestIn = ({ xyToLps }: PlaneGrid, point: Vec3): number =>
  nearestSlice(transformPoint(invert(xyToLps), point)[2]);

/** In an uneven stack: the smallest distance along the normal. More than half a usual step beyond both ends is outside. */
function nearestOf({ slicePositions = [] }: ImageGeometry, grid: PlaneGrid, point: Vec3): number {
  const normal = normalOf(grid);
  const along = (at: Vec3) => dot(normal, at) / Math.hypot(...normal);
  const [here, places] = [along(point), slicePositions.map(along)];
  const step = Math.abs(along(axisOf(grid.xyToLps, 2)));
  const [low, high] = [Math.min(...places) - step / 2, Math.max(...places) + step / 2];
  if (step > 0 && (here < low - TIE * step || here > high + TIE * step)) return -1;
  const near = Math.min(...places.map((place) => Math.abs(place - here)));
  return places.findLastIndex((place) => Math.abs(place - here) <= near + TIE * step);
}

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const cosineOf = (a: Vec3, b: Vec3): number => dot(a, b) / (Math.hypot(...a) * Math.hypot(...b) || 1);

/** Across the slices of a plane: a tilted stack does not step along it. */
function normalOf({ xyToLps }: Pick<PlaneGrid, "xyToLps">): Vec3 {
  const [ax, ay, az] = axisOf(xyToLps, 0);
  const [bx, by, bz] = axisOf(xyToLps, 1);
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}
