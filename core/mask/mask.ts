import type { PixelBox } from "../wire/common.ts";

/** A binary mask, row-major, one byte a pixel: 1 inside, 0 outside. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A mask with what the model says of it. */
export interface ScoredMask extends Mask {
  /** The model's guess of its own IoU, 0 to 1. */
  readonly predictedIou: number;
  /** IoU of the masks at logit thresholds +1 and −1 (Kirillov et al. 2023, "stability score"). */
  readonly stabilityScore: number;
  /** Decoder logits before upscaling, `[logits.size, logits.size]` of the manifest, threshold 0. May return as `previous`. */
  readonly lowResLogits: Float32Array;
}

/** An empty mask, or one around `data` (not copied); throws RangeError when its length is not width × height. */
export function createMask(width: number, height: number, data = new Uint8Array(width * height)): Mask {
  if (data.length !== width * height) {
    throw new RangeError(`A ${width} × ${height} mask needs ${width * height} bytes, got ${data.length}.`);
  }
  return { width, height, data };
}

/** Pixels inside. */
export function maskArea({ data }: Mask): number {
  const head = (4 - (data.byteOffset & 3)) & 3;
  const words = Math.max(0, (data.length - head) >> 2);
  let area =
    sumOf(data, 0, Math.min(head, data.length)) + sumOf(data, Math.min(head + 4 * words, data.length), data.length);
  if (words === 0) return area;
  // Four pixels at a time: a byte of the sum holds 255 of them before it overflows.
  const four = new Uint32Array(data.buffer, data.byteOffset + head, words);
  for (let from = 0; from < words; from += 255) {
    let sum = 0;
    for (let n = from, end = Math.min(words, from + 255); n < end; n++) sum += four[n];
    area += (sum & 255) + ((sum >>> 8) & 255) + ((sum >>> 16) & 255) + (sum >>> 24);
  }
  return area;
}

function sumOf(data: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let n = from; n < to; n++) sum += data[n];
  return sum;
}

/**
 * The smallest box around the mask, corners included; `null` for an empty one. What lies around it is found by the engine's
 * own search forwards, many times faster than a loop: a mask in a large picture is mostly empty.
 */
export function maskBounds({ width, data }: Mask): PixelBox | null {
  const first = data.indexOf(1);
  if (first < 0) return null;
  const y0 = Math.floor(first / width);
  let [x0, x1, y1] = [width, -1, y0];
  for (let y = y0; y * width < data.length; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const left = row.indexOf(1);
    if (left < 0) continue;
    x0 = Math.min(x0, left);
    x1 = Math.max(x1, row.lastIndexOf(1));
    y1 = y;
  }
  return { x0, y0, x1, y1 };
}

/** The part of a mask within a box, corners included. */
export function cropMask({ width, data }: Mask, { x0, y0, x1, y1 }: PixelBox): Mask {
  const cropped = createMask(x1 - x0 + 1, y1 - y0 + 1);
  for (let y = y0, o = 0; y <= y1; y++, o += cropped.width)
    cropped.data.set(data.subarray(y * width + x0, y * width + x1 + 1), o);
  return cropped;
}

/** A cropped mask in its place in an empty one of the size of the whole. */
export function pasteMask(part: Mask, { x0, y0 }: PixelBox, { width, height }: Pick<Mask, "width" | "height">): Mask {
  const out = createMask(width, height);
  for (let y = 0, o = y0 * width + x0; y < part.height; y++, o += width)
    out.data.set(part.data.subarray(y * part.width, (y + 1) * part.width), o);
  return out;
}

/** Intersection over union, 0 to 1; two empty masks agree (1). */
export function maskIou(a: Mask, b: Mask): number {
  const { both, either } = overlap(a, b);
  return either === 0 ? 1 : both / either;
}

/** Dice coefficient, 0 to 1; two empty masks agree (1). */
export function maskDice(a: Mask, b: Mask): number {
  const { both, either } = overlap(a, b);
  return either === 0 ? 1 : (2 * both) / (both + either);
}

/** Same size and the same pixels inside. */
export function masksEqual(a: Mask, b: Mask): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  for (let n = 0; n < a.data.length; n++) if ((a.data[n] !== 0) !== (b.data[n] !== 0)) return false;
  return true;
}

/** The mask with all background added that a path of 4-neighbours cannot lead to the border. */
export function fillHoles({ width, height, data }: Mask): Mask {
  const filled = new Uint8Array(data.length).fill(1);
  const stack = new Int32Array(data.length);
  let top = 0;
  const visit = (n: number) => {
    if (filled[n] === 0 || data[n] !== 0) return;
    filled[n] = 0;
    stack[top++] = n;
  };
  for (let x = 0; x < width; x++) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  while (top > 0) {
    const n = stack[--top] ?? 0;
    const x = n % width;
    if (x > 0) visit(n - 1);
    if (x < width - 1) visit(n + 1);
    if (n >= width) visit(n - width);
    if (n + width < data.length) visit(n + width);
  }
  return { width, height, data: filled };
}

function overlap(a: Mask, b: Mask): { both: number; either: number } {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`Masks must have one size, got ${a.width} × ${a.height} and ${b.width} × ${b.height}.`);
  }
  let both = 0;
  let either = 0;
  const [first, last] = reachOf(a.data, b.data);
  for (let n = first; n <= last; n++) {
    both += a.data[n] & b.data[n];
    either += a.data[n] | b.data[n];
  }
  return { both, either };
}

/** From the first pixel inside either to the last one. */
function reachOf(a: Uint8Array, b: Uint8Array): readonly [first: number, last: number] {
  const firsts = [a.indexOf(1), b.indexOf(1)].filter((n) => n >= 0);
  return [Math.min(a.length, ...firsts), Math.max(a.lastIndexOf(1), b.lastIndexOf(1))];
}
