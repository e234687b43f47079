/** Looking closer: which part of a slice to encode anew for a small segment. The same rule as `models/training/net/zoom.py`. */

import type { PixelBox } from "../wire/common.ts";
import type { Crop } from "../wire/embedding.ts";
import type { Prompt } from "../wire/prompt.ts";

/** A segment below this share of the slice's longest side is worth a closer look. */
const SMALL = 0.25;

/** Side of the crop, in sides of the segment. */
const ROOM = 2.5;

/** Side of the smallest crop, as a share of the slice's longest side. */
const LEAST = 0.125;

type XY = readonly [x: number, y: number];

/** The places of a prompt on the slice; a text and a mask have none. */
export function placesOf(prompt: Prompt): readonly XY[] {
  switch (prompt.kind) {
    case "point":
      return [[prompt.x, prompt.y]];
    case "box":
      return [
        [prompt.x0, prompt.y0],
        [prompt.x1, prompt.y1],
      ];
    case "scribble":
    case "lasso":
      return prompt.points;
    case "mask":
    case "text":
      return [];
    default:
      return prompt satisfies never;
  }
}

/** Whether every place of the prompts lies in the crop. */
export function cropHolds({ x0, y0, x1, y1 }: Crop, prompts: readonly Prompt[]): boolean {
  return prompts.flatMap(placesOf).every(([x, y]) => x >= x0 && x < x1 && y >= y0 && y < y1);
}

/** A mask on its slice, by its bounds alone. */
export interface Found {
  readonly width: number;
  readonly height: number;
  readonly bounds: PixelBox;
}

/**
 * A square around a small mask and the places of its prompts, inside the slice. Undefined when the segment is large or
 * empty, without a place (a name may mean several segments), and for one click alone: the whole slice tells better what
 * is meant (measured on `val`).
 */
export function cropAround({ width, height, bounds }: Found, prompts: readonly Prompt[]): Crop | undefined {
  const places = prompts.flatMap(placesOf);
  if (places.length < 2) return undefined;
  const longest = Math.max(width, height);
  const xs = places.map(([x]) => x);
  const ys = places.map(([, y]) => y);
  const [left, top] = [Math.min(bounds.x0, ...xs), Math.min(bounds.y0, ...ys)];
  const [right, bottom] = [Math.max(bounds.x1, ...xs) + 1, Math.max(bounds.y1, ...ys) + 1];
  const extent = Math.max(right - left, bottom - top);
  if (extent > SMALL * longest) return undefined;
  const side = Math.min(Math.ceil(Math.max(ROOM * extent, LEAST * longest)), width, height);
  const x0 = corner((left + right) / 2, side, width);
  const y0 = corner((top + bottom) / 2, side, height);
  return { x0, y0, x1: x0 + side, y1: y0 + side };
}

const corner = (middle: number, side: number, size: number) =>
  Math.min(Math.max(Math.floor(middle - side / 2), 0), size - side);
