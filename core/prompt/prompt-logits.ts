/** Prompts that are areas (lasso, mask) → the decoder's `mask_input`, and the point and box that go with a lasso. */

import { SegmenterError } from "../errors.ts";
import { type Mask, maskBounds } from "../mask/mask.ts";
import { fillPolygon } from "../mask/polygon.ts";
import { decodeRle } from "../mask/rle.ts";
import type { Crop, Transform } from "../wire/embedding.ts";
import type { PointLabel, Prompt } from "../wire/prompt.ts";
import { isWholeCrop, type PromptSpace } from "./space.ts";

/** Logit of a pixel that the user drew: sigmoid(8) = 0.9997. */
export const DRAWN_LOGIT = 8;

type AreaPrompt = Extract<Prompt, { kind: "lasso" | "mask" }>;
type XY = readonly [number, number];

export interface MaskPromptLike {
  readonly index: number;
  readonly prompt: AreaPrompt;
}

interface Drawn {
  readonly logits?: Float32Array;
  readonly points: readonly { readonly index: number; readonly at: XY; readonly label: PointLabel }[];
  readonly box?: { readonly index: number; readonly corners: readonly [XY, XY] };
}

const invalid = (index: number, reason: string) => new SegmenterError("InvalidPrompt", { index, reason });

function areaOf({ index, prompt }: MaskPromptLike, { size: { width, height } }: PromptSpace): Mask {
  if (prompt.kind === "lasso") return fillPolygon(prompt.points, width, height);
  const [rows, columns] = prompt.rle.size;
  if (rows !== height || columns !== width)
    throw invalid(index, `The mask is ${columns}×${rows}, the slice ${width}×${height}.`);
  return decodeRle(prompt.rle);
}

/** What lies outside the crop is not the model's to see. */
function cutTo(crop: Crop, mask: Mask): Mask {
  if (isWholeCrop(crop, mask)) return mask;
  const { x0, y0, x1, y1 } = crop;
  const { width, height } = mask;
  const data = new Uint8Array(width * height);
  for (let y = y0; y < y1; y++) data.set(mask.data.subarray(y * width + x0, y * width + x1), y * width + x0);
  return { width, height, data };
}

/** For each of `count` logits cells along an axis: the slice pixels [from, to) whose centres it covers, one at least. */
function footprint(count: number, pitch: number, from: number, to: number): { from: Int32Array; to: Int32Array } {
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const nearest = Math.floor(from + (i + 0.5) * pitch);
    starts[i] = Math.min(Math.ceil(from + i * pitch - 0.5), nearest);
    ends[i] = Math.min(Math.max(Math.ceil(from + (i + 1) * pitch - 0.5), nearest + 1), to);
    if (nearest >= to) ends[i] = starts[i];
  }
  return { from: starts, to: ends };
}

/** Share of each logits cell `[L, L]` that the mask covers; 0 in the padding. */
export function coverage(mask: Mask, { crop, scaleX, scaleY, inputSize }: Transform, logitsSize: number): Float32Array {
  const columns = footprint(logitsSize, inputSize / logitsSize / scaleX, crop.x0, crop.x1);
  const rows = footprint(logitsSize, inputSize / logitsSize / scaleY, crop.y0, crop.y1);
  const out = new Float32Array(logitsSize * logitsSize);
  const bounds = maskBounds(mask);
  if (!bounds) return out;
  for (let v = 0; v < logitsSize; v++) {
    if (rows.to[v] <= bounds.y0 || rows.from[v] > bounds.y1) continue;
    for (let u = 0; u < logitsSize; u++) {
      if (columns.to[u] <= bounds.x0 || columns.from[u] > bounds.x1) continue;
      let sum = 0;
      for (let y = rows.from[v]; y < rows.to[v]; y++) {
        for (let x = columns.from[u]; x < columns.to[u]; x++) sum += mask.data[y * mask.width + x];
      }
      const cells = (rows.to[v] - rows.from[v]) * (columns.to[u] - columns.from[u]);
      out[v * logitsSize + u] = cells > 0 ? sum / cells : 0;
    }
  }
  return out;
}

/** Pixel of the mask farthest from its border (chamfer distance 3-4), or undefined for an empty mask. */
export function deepestPixel(mask: Mask): XY | undefined {
  const bounds = maskBounds(mask);
  if (!bounds) return undefined;
  const { x0, y0 } = bounds;
  const [width, height] = [bounds.x1 - x0 + 1, bounds.y1 - y0 + 1];
  const stride = width + 2;
  const distance = new Int32Array(stride * (height + 2));
  const pass = (i: number, back: 1 | -1) =>
    Math.min(
      distance[i - back] + 3,
      distance[i - back * stride] + 3,
      distance[i - back * (stride + 1)] + 4,
      distance[i - back * (stride - 1)] + 4,
    );
  for (let y = 0; y < height; y++) {
    for (let x = 0, i = (y + 1) * stride + 1; x < width; x++, i++)
      distance[i] = mask.data[(y + y0) * mask.width + x + x0] ? pass(i, 1) : 0;
  }
  let best = 0;
  for (let i = distance.length - stride - 2; i > stride; i--) {
    distance[i] = Math.min(distance[i], pass(i, -1));
    if (distance[i] > distance[best]) best = i;
  }
  return [(best % stride) - 1 + x0, Math.floor(best / stride) - 1 + y0];
}

/** Moves `logits` towards ±8 as far as each cell is covered. */
function paint(logits: Float32Array, share: Float32Array, value: number) {
  for (let i = 0; i < logits.length; i++) logits[i] += (value - logits[i]) * share[i];
}

const boundsOf = (lassos: readonly MaskPromptLike[]): readonly [XY, XY] => {
  const points = lassos.flatMap(({ prompt }) => (prompt.kind === "lasso" ? prompt.points : []));
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const lowest = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  const highest = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  return [
    [lowest(xs), lowest(ys)],
    [highest(xs), highest(ys)],
  ];
};

/**
 * Areas as logits `[L, L]` on top of `previous`: drawn foreground +8, the rest −8 (or what it was), drawn background −8.
 * Without areas, `previous` itself. A background lasso alone gives a point only: there is nothing to cut from.
 */
export function promptLogits(areas: readonly MaskPromptLike[], transform: Transform, space: PromptSpace): Drawn {
  const { previous, logitsSize } = space;
  if (areas.length === 0) return { points: [], ...(previous ? { logits: previous } : {}) };
  const isBackground = ({ prompt }: MaskPromptLike) => prompt.kind === "lasso" && prompt.label === "background";
  const foreground = areas.filter((area) => !isBackground(area));
  const logits = previous?.slice() ?? new Float32Array(logitsSize * logitsSize).fill(-DRAWN_LOGIT);
  const points: { index: number; at: XY; label: PointLabel }[] = [];
  for (const area of [...foreground, ...areas.filter(isBackground)]) {
    const mask = cutTo(transform.crop, areaOf(area, space));
    const background = isBackground(area);
    const deepest = deepestPixel(mask);
    if (!deepest && background) continue;
    if (!deepest) throw invalid(area.index, "It encloses no pixel of the encoded crop.");
    paint(logits, coverage(mask, transform, logitsSize), background ? -DRAWN_LOGIT : DRAWN_LOGIT);
    if (area.prompt.kind === "lasso") points.push({ index: area.index, at: deepest, label: area.prompt.label });
  }
  const lassos = foreground.filter(({ prompt }) => prompt.kind === "lasso");
  const box = lassos[0] && { index: lassos[0].index, corners: boundsOf(lassos) };
  const known = previous !== undefined || foreground.length > 0;
  return { points, ...(box ? { box } : {}), ...(known ? { logits } : {}) };
}
