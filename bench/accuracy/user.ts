/** Simulated users, as in `models/training/judge/evaluate.py`. */

import { largestComponent } from "../../core/mask/components.ts";
import { createMask, type Mask, maskArea, maskBounds } from "../../core/mask/mask.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import { deepestPixel, type Place } from "./distance.ts";

type PromptOf<K extends Prompt["kind"]> = Extract<Prompt, { kind: K }>;
export type Click = PromptOf<"point">;

/** Points of one stroke. */
const STROKE_POINTS = 16;

const empty = () => new RangeError("There is nothing to click on: the mask is empty.");

function minus(a: Mask, b: Mask): Mask {
  return createMask(
    a.width,
    a.height,
    a.data.map((value, n) => (value !== 0 && b.data[n] === 0 ? 1 : 0)),
  );
}

/** The pixel deepest inside. Throws RangeError for an empty mask. */
export function firstClick(truth: Mask): Click {
  const place = deepestPixel(truth);
  if (!place) throw empty();
  return { kind: "point", ...place, label: "foreground" };
}

/** The deepest pixel of the largest part of what was missed or of what is too much, whichever has more pixels. */
export function errorClick(truth: Mask, mask: Mask): Click {
  const [missed, extra] = [minus(truth, mask), minus(mask, truth)];
  const worse = maskArea(missed) >= maskArea(extra) ? missed : extra;
  const place = deepestPixel(largestComponent(worse));
  if (!place) throw empty();
  return { kind: "point", ...place, label: worse === missed ? "foreground" : "background" };
}

/** The box of the mask's pixels; a line of one pixel gets half a pixel of thickness, since no user draws an empty box. */
export function boxAround(truth: Mask): PromptOf<"box"> {
  const bounds = maskBounds(truth);
  if (!bounds) throw empty();
  const { x0, y0, x1, y1 } = bounds;
  return { kind: "box", x0, y0, x1: Math.max(x1, x0 + 0.5), y1: Math.max(y1, y0 + 0.5) };
}

/**
 * One straight foreground stroke along the mask's main axis through its deepest pixel, nine tenths of the way to the
 * border on both sides (`axis_stroke` of models/training/data/prompts.py).
 */
export function stroke(truth: Mask): PromptOf<"scribble"> {
  const start = deepestPixel(truth);
  if (!start) throw empty();
  const angle = mainAxis(truth);
  const [along, across] = [Math.cos(angle), Math.sin(angle)];
  const behind = walk(truth, start, [-along, -across]);
  const ahead = walk(truth, start, [along, across]);
  const points = Array.from({ length: STROKE_POINTS }, (_, n): [number, number] => {
    const t = 0.9 * ((n / (STROKE_POINTS - 1)) * (ahead + behind) - behind);
    return [start.x + t * along, start.y + t * across];
  });
  return { kind: "scribble", points, label: "foreground" };
}

/** Angle of the axis of most variance of the mask's pixels, in radians from the x axis. */
function mainAxis({ width, data }: Mask): number {
  let [count, x1, y1, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  for (let n = 0; n < data.length; n++) {
    if (data[n] === 0) continue;
    const [x, y] = [n % width, Math.floor(n / width)];
    count++;
    x1 += x;
    y1 += y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const [meanX, meanY] = [x1 / count, y1 / count];
  return 0.5 * Math.atan2(2 * (xy / count - meanX * meanY), xx / count - meanX ** 2 - (yy / count - meanY ** 2));
}

/** Unit steps from `start` along `heading` that stay in the mask. */
function walk({ width, height, data }: Mask, start: Place, [along, across]: readonly [number, number]): number {
  for (let steps = 0; ; steps++) {
    const x = Math.floor(start.x + (steps + 1) * along + 0.5);
    const y = Math.floor(start.y + (steps + 1) * across + 0.5);
    if (x < 0 || y < 0 || x >= width || y >= height || data[y * width + x] === 0) return steps;
  }
}
