/** How much of the body each slice of a plane stands for. */
import { axisOf } from "./geometry.ts";
import type { Mat4, Vec3 } from "./volume.ts";

const cross = ([a, b, c]: Vec3, [d, e, f]: Vec3): Vec3 => [b * f - c * e, c * d - a * f, a * e - b * d];
const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/**
 * Millimetres across the plane for each slice: half the way to its neighbours on both sides, and at the ends the whole way to
 * the only one. Of a tilted stack the way counts that is perpendicular to the slices. `undefined` where slices do not lie
 * beside each other (frames in time). `positions` are the slices' own places, as `slicePositions` of a volume has them.
 */
export function sliceThickness(
  { xyToLps, count }: { readonly xyToLps: Mat4; readonly count: number },
  positions?: readonly Vec3[],
): readonly number[] | undefined {
  const across = cross(axisOf(xyToLps, 0), axisOf(xyToLps, 1));
  const length = Math.hypot(...across);
  const along = (place: Vec3) => dot(place, across) / length;
  const step = Math.abs(along(axisOf(xyToLps, 2)));
  if (!positions) return step > 0 ? Array<number>(count).fill(step) : undefined;
  const places = positions.map(along);
  const gaps = places.slice(1).map((place, n) => Math.abs(place - (places[n] ?? 0)));
  if (!gaps.every((gap) => gap > 1e-6)) return undefined;
  return places.map((_, k) => ((gaps[k - 1] ?? gaps[k] ?? step) + (gaps[k] ?? gaps[k - 1] ?? step)) / 2);
}
