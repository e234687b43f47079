/** Decoder logits → masks at the slice's own size. */

import type { Mask } from "../mask/mask.ts";
import { toModel } from "../prompt/space.ts";
import type { Transform } from "../wire/embedding.ts";

interface Axis {
  /** Lower neighbour in the logits, for each slice pixel of the crop. */
  readonly index: Int32Array;
  /** Share of the upper neighbour. */
  readonly weight: Float32Array;
  /** First pixel of each lower neighbour, and after the last one the number of pixels. */
  readonly starts: Int32Array;
}

/** Bilinear taps of `count` slice pixels in logits of side `size`; half-pixel centres, clamped at the border. */
function axis(count: number, pitch: number, size: number): Axis {
  const index = new Int32Array(count);
  const weight = new Float32Array(count);
  const cells = Math.max(size - 1, 1);
  const starts = new Int32Array(cells + 1).fill(count);
  for (let i = count - 1; i >= 0; i--) {
    const at = Math.min(Math.max((i + 0.5) * pitch - 0.5, 0), size - 1);
    index[i] = Math.min(Math.floor(at), cells - 1);
    weight[i] = at - index[i];
    starts[index[i]] = i;
  }
  for (let cell = cells - 1; cell >= 0; cell--) starts[cell] = Math.min(starts[cell], starts[cell + 1]);
  return { index, weight, starts };
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
    for (let i = 0; i < side; i++) line[i] = logits[upper + i] + (logits[lower + i] - logits[upper + i]) * share;
    const at = (crop.y0 + y) * width + crop.x0;
    paintRow(data.subarray(at, at + columns.index.length), line, columns, threshold);
  }
  return { width, height, data };
}

/** The logit at a place of the slice: bilinear, half-pixel centres, clamped at the border, as `logitsToMask` reads it. */
export function logitAt(place: readonly [number, number], logits: Float32Array, transform: Transform): number {
  const side = logitsSide(logits);
  const [x, y] = toModel(place, transform).map((at) => tapAt(((at + 0.5) * side) / transform.inputSize - 0.5, side));
  return bilinear(logits, side, [x, y]);
}

/**
 * `[L, L]` logits of a mask in another frame of its slice, a crop for example: bilinear, half-pixel centres. What lies
 * outside of the first frame has the value at its border.
 */
export function logitsIn(logits: Float32Array, from: Transform, to: Transform): Float32Array {
  const side = logitsSide(logits);
  const columns = taps(side, [from.scaleX / from.inputSize, from.crop.x0], [to.scaleX / to.inputSize, to.crop.x0]);
  const rows = taps(side, [from.scaleY / from.inputSize, from.crop.y0], [to.scaleY / to.inputSize, to.crop.y0]);
  const out = new Float32Array(side * side);
  for (const [y, row] of rows.entries())
    for (const [x, column] of columns.entries()) out[y * side + x] = bilinear(logits, side, [column, row]);
  return out;
}

/** Two neighbours, and the share of the second. */
interface Tap {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

function tapAt(place: number, side: number): Tap {
  const at = Math.min(Math.max(place, 0), side - 1);
  const low = Math.floor(at);
  return { low, high: Math.min(low + 1, side - 1), share: at - low };
}

/** Where the cells of one frame's axis lie on another's. A frame: its shares of the side per slice pixel, its first pixel. */
const taps = (
  side: number,
  [rate, start]: readonly [number, number],
  [near, begin]: readonly [number, number],
): Tap[] =>
  Array.from({ length: side }, (_, i) => tapAt((begin + (i + 0.5) / (side * near) - start) * rate * side - 0.5, side));

function bilinear(logits: Float32Array, side: number, [x, y]: readonly [Tap, Tap]): number {
  const [upper, lower] = [across(logits, y.low * side, x), across(logits, y.high * side, x)];
  return upper + (lower - upper) * y.share;
}

const across = (logits: Float32Array, row: number, { low, high, share }: Tap): number =>
  logits[row + low] + (logits[row + high] - logits[row + low]) * share;

/** Between two values on one side of the threshold all is on that side: only edges are interpolated, the rest is filled. */
function paintRow(row: Uint8Array, line: Float32Array, { starts, weight }: Axis, threshold: number) {
  const cells = starts.length - 1;
  const next = line.length > 1 ? 1 : 0;
  for (let i = 0; i < cells; i++) {
    let end = i;
    while (end < cells && line[end] > threshold && line[end + next] > threshold) end++;
    if (end > i) {
      row.fill(1, starts[i], starts[end]);
      i = end - 1;
    } else if (line[i] > threshold || line[i + next] > threshold) {
      for (let x = starts[i]; x < starts[i + 1]; x++)
        row[x] = line[i] + (line[i + next] - line[i]) * weight[x] > threshold ? 1 : 0;
    }
  }
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
