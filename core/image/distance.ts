/** Lengths and angles on a slice. Millimetres only where its pixels have a size: what is not known is not guessed. */

/** A position on a slice in pixels; whole numbers are pixel centres. */
export type SlicePoint = readonly [x: number, y: number];

type Spacing = readonly [number, number] | null | undefined;

export interface Length {
  readonly value: number;
  readonly unit: "mm" | "px";
}

/** From one place to the other; the pitches along x and y may differ. */
export function lengthBetween([x0, y0]: SlicePoint, [x1, y1]: SlicePoint, spacingMm: Spacing): Length {
  const [pitchX, pitchY] = spacingMm ?? [1, 1];
  return { value: Math.hypot((x1 - x0) * pitchX, (y1 - y0) * pitchY), unit: spacingMm ? "mm" : "px" };
}

/** Degrees from 0 to 180 at the middle one of three places; undefined where two of them are one. Without a spacing pixels count as squares. */
export function angleAt(
  [from, vertex, to]: readonly [SlicePoint, SlicePoint, SlicePoint],
  spacingMm: Spacing,
): number | undefined {
  const [pitchX, pitchY] = spacingMm ?? [1, 1];
  const [ax, ay] = [(from[0] - vertex[0]) * pitchX, (from[1] - vertex[1]) * pitchY];
  const [bx, by] = [(to[0] - vertex[0]) * pitchX, (to[1] - vertex[1]) * pitchY];
  if (Math.hypot(ax, ay) === 0 || Math.hypot(bx, by) === 0) return undefined;
  return (Math.atan2(Math.abs(ax * by - ay * bx), ax * bx + ay * by) * 180) / Math.PI;
}
