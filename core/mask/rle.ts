/** COCO run-length codes: column-major, the first run counts zeros, `size` is [height, width]. */
import { SegmenterError } from "../errors.ts";
import type { Rle } from "../wire/common.ts";
import { type Mask, maskBounds } from "./mask.ts";

/** A mask larger than this is refused before it is allocated: 2^26 pixels = 8192 × 8192. */
const MAX_PIXELS = 1 << 26;

/** Run lengths down the columns. */
export function encodeRle(mask: Mask): Rle {
  const { width, height, data } = mask;
  const size: Rle["size"] = [height, width];
  const bounds = maskBounds(mask);
  if (!bounds) return { size, counts: [width * height] };
  const counts: number[] = [];
  const { x0, y0, x1, y1 } = bounds;
  let start = 0;
  let inside = false;
  const turn = (at: number) => {
    counts.push(at - start);
    start = at;
    inside = !inside;
  };
  for (let x = x0; x <= x1; x++) {
    const column = x * height;
    for (let y = y0; y <= y1; y++) if ((data[y * width + x] !== 0) !== inside) turn(column + y);
    // Below the bounds nothing is inside, nor above them in the next column.
    if (inside && y1 + 1 < height) turn(column + y1 + 1);
    else if (inside && y0 > 0) turn(column + height);
  }
  if (inside && (x1 + 1) * height < width * height) turn((x1 + 1) * height);
  if (start < width * height) counts.push(width * height - start);
  return { size, counts };
}

/** The mask of an RLE; throws SegmenterError "InvalidRequest" when the runs do not fill `size`, "TooLarge" over 2^26 pixels. */
export function decodeRle(rle: Rle): Mask {
  const [height, width] = rle.size;
  checkRuns(rle);
  const data = new Uint8Array(width * height);
  let x = 0;
  let y = 0;
  for (let n = 0; n < rle.counts.length; n++) {
    const value = n & 1;
    for (let left = rle.counts[n] ?? 0; left > 0; ) {
      const run = Math.min(left, height - y);
      if (value) for (let row = y; row < y + run; row++) data[row * width + x] = 1;
      left -= run;
      y += run;
      if (y === height) {
        y = 0;
        x++;
      }
    }
  }
  return { width, height, data };
}

/** COCO's compressed string: runs from the fourth on as differences to the run two before, 5 bits a character. */
export function rleToString({ counts }: Rle): string {
  let text = "";
  counts.forEach((count, n) => {
    let value = n > 2 ? count - (counts[n - 2] ?? 0) : count;
    for (let more = true; more; ) {
      const bits = value & 31;
      value >>= 5;
      more = value !== (bits & 16 ? -1 : 0);
      text += String.fromCharCode(48 + bits + (more ? 32 : 0));
    }
  });
  return text;
}

/** Reads COCO's compressed string; throws SegmenterError "InvalidRequest" when it is none or does not fill `size`. */
export function rleFromString(text: string, size: Rle["size"]): Rle {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let bits = 32;
    for (; bits & 32 && shift < 35; shift += 5) {
      bits = text.charCodeAt(at++) - 48;
      if (!(bits >= 0 && bits < 64)) throw invalid(`Compressed RLE breaks off or has a wrong character at ${at - 1}.`);
      value += (bits & 31) * 2 ** shift;
    }
    if (bits & 16) value -= 2 ** shift;
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] ?? 0) : value);
  }
  const rle: Rle = { size, counts };
  checkRuns(rle);
  return rle;
}

function checkRuns({ size: [height, width], counts }: Rle): void {
  const pixels = width * height;
  if (pixels > MAX_PIXELS)
    throw new SegmenterError("TooLarge", { what: "mask pixels", value: pixels, limit: MAX_PIXELS });
  let sum = 0;
  for (const count of counts) {
    if (!(Number.isInteger(count) && count >= 0))
      throw invalid(`RLE runs must be whole and not negative, got ${count}.`);
    sum += count;
  }
  if (sum !== pixels) throw invalid(`RLE runs must sum to ${height} × ${width} = ${pixels}, got ${sum}.`);
}

const invalid = (reason: string) => new SegmenterError("InvalidRequest", { reason, path: "rle" });
