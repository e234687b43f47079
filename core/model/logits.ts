/** Decoder logits → masks at the slice's own size. */

import type { Mask } from "../mask/mask.ts";
import type { Transform } from "../wire/embedding.ts";

interface Axis {
  /** Lower neighbour in the logits, for each slice pixel of the crop. */
  readonly index: Int32Array;
  /** Share of the upper neighbour. */
  readonly weight: Float32Array;
}

/** Bilinear taps of `count` slice pixels in logits of side `size`; half-pixel centres, clamped at the border. */
function axis(count: number, pitch: number, size: number): Axis {
  const index = new Int32Array(count);
  const weight = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = Math.min(Math.max((i + 0.5) * pitch - 0.5, 0), size - 1);
    index[i] = Math.min(Math.floor(at), Math.max(size - 2, 0));
    weight[i] = at - index[i];
  }
  return { index, weight };
}

/** The first pixel whose lower neighbour is `i` or later, and the first one whose lower neighbour is later. */
const startOf = ({ index }: Axis, i: number): number => lowerBound(index, i);
const endOf = ({ index }: Axis, i: number): number => lowerBound(index, i + 1);

/** Place of the first value that is at least `value`, in ascending values. */
function lowerBound(values: Int32Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Side of square logits; RangeError when they are not square. */
export function logitsSide(logits: Float32Array): number {
  const side = Math.sqrt(logits.length);
  if (!Number.isInteger(side) || side < 1) throw new RangeError(`Expected square logits, got ${logits.length} values.`);
  return side;
}

/**
 * Bilinear upsampling of `[L, L]` logits from the valid part of the model's square to slice pixels; inside where the
 * value is over `threshold`. Outside the crop the mask is 0.
 */
export function logitsToMask(
  logits: Float32Array,
  { crop, scaleX, scaleY, inputSize }: Transform,
  { width, height }: { width: number; height: number },
  threshold = 0,
): Mask {
  const side = logitsSide(logits);
  const columns = axis(crop.x1 - crop.x0, (scaleX * side) / inputSize, side);
  const rows = axis(crop.y1 - crop.y0, (scaleY * side) / inputSize, side);
  const next = side > 1 ? 1 : 0;
  const line = new Float32Array(side);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < rows.index.length; y++) {
    const upper = rows.index[y] * side;
    const lower = upper + next * side;
    const share = rows.weight[y];
    let [first, last] = [side, -1];
    for (let i = 0; i < side; i++) {
      line[i] = logits[upper + i] + (logits[lower + i] - logits[upper + i]) * share;
      if (line[i] > threshold) [first, last] = [Math.min(first, i), i];
    }
    // Between two values that are not over the threshold nothing is: most of a large picture is passed over.
    const at = (crop.y0 + y) * width + crop.x0;
    const end = endOf(columns, last);
    for (let x = startOf(columns, first - next); x < end; x++) {
      const i = columns.index[x];
      data[at + x] = line[i] + (line[i + next] - line[i]) * columns.weight[x] > threshold ? 1 : 0;
    }
  }
  return { width, height, data };
}

/** IoU of the masks at logit thresholds +1 and −1 (Kirillov et al. 2023); 1 when nothing is over either. */
export function stabilityScore(logits: Float32Array, { threshold = 0, offset = 1 } = {}): number {
  let inner = 0;
  let outer = 0;
  for (let i = 0; i < logits.length; i++) {
    if (logits[i] > threshold - offset) outer++;
    if (logits[i] > threshold + offset) inner++;
  }
  return outer === 0 ? 1 : inner / outer;
}
