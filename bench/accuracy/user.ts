/** Simulated users, as in `models/training/evaluate.py`. */

import { largestComponent } from "../../core/components.ts";
import { createMask, type Mask, maskArea, maskBounds } from "../../core/mask.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import { eroded, longestBorder } from "./border.ts";
import { deepestPixel, type Place } from "./distance.ts";
import type { Random } from "./random.ts";

type PromptOf<K extends Prompt["kind"]> = Extract<Prompt, { kind: K }>;
export type Click = PromptOf<"point">;

/** Points of one stroke at most. */
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

/** One wobbly foreground stroke: six times in ten a bent chord, else a piece of an inner contour; clipped to the mask. */
export function stroke(truth: Mask, random: Random): PromptOf<"scribble"> {
  const path = random.uniform() < 0.6 ? chord(truth, random) : innerContour(truth, random);
  const kept = path.filter(({ x, y }) => truth.data[y * truth.width + x] !== 0);
  const step = Math.max(1, Math.floor(kept.length / STROKE_POINTS));
  const thinned = kept.filter((_, n) => n % step === 0).slice(0, STROKE_POINTS);
  const places = thinned.length > 0 ? thinned : [anyPixel(truth, random)];
  return { kind: "scribble", points: places.map(({ x, y }) => [x, y]), label: "foreground" };
}

function anyPixel(mask: Mask, random: Random): Place {
  let left = random.integer(maskArea(mask));
  const n = mask.data.findIndex((value) => value !== 0 && left-- === 0);
  return { x: n % mask.width, y: Math.floor(n / mask.width) };
}

function chord(mask: Mask, random: Random): Place[] {
  const [start, end] = [anyPixel(mask, random), anyPixel(mask, random)];
  const length = Math.hypot(end.x - start.x, end.y - start.y);
  const [bendX, bendY] = [random.normal() * 0.25 * length, random.normal() * 0.25 * length];
  const inside = (value: number, size: number) => Math.min(Math.max(Math.round(value), 0), size - 1);
  return Array.from({ length: 2 * STROKE_POINTS }, (_, n) => {
    const t = n / (2 * STROKE_POINTS - 1);
    const bend = Math.sin(Math.PI * t);
    const x = start.x * (1 - t) + end.x * t + bend * bendX;
    const y = start.y * (1 - t) + end.y * t + bend * bendY;
    return { x: inside(x, mask.width), y: inside(y, mask.height) };
  });
}

function innerContour(mask: Mask, random: Random): Place[] {
  let inner = mask;
  for (let times = random.integer(4); times > 0; times--) inner = eroded(inner);
  const contour = longestBorder(inner);
  if (contour.length === 0) return [anyPixel(mask, random)];
  const length = Math.max(1, Math.floor(contour.length * (0.2 + 0.7 * random.uniform())));
  const start = random.integer(contour.length);
  return Array.from({ length: 2 * STROKE_POINTS }, (_, n) => {
    const along = Math.floor((n * (length - 1)) / (2 * STROKE_POINTS - 1));
    return contour[(start + along) % contour.length];
  });
}
