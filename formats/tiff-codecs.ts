/** The lossless compressions of baseline TIFF (TIFF 6.0, sections 9, 13 and 14), each with a bound on what it makes. */

/** PackBits. */
export function unpackBits(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let to = 0;
  for (let at = 0; at < packed.length && to < length; ) {
    const control = packed[at++] ?? 128;
    if (control < 128) {
      for (let n = control + 1; n > 0 && at < packed.length && to < length; n--) out[to++] = packed[at++] ?? 0;
    } else if (control > 128) {
      const value = packed[at++] ?? 0;
      for (let n = 257 - control; n > 0 && to < length; n--) out[to++] = value;
    }
  }
  return out.subarray(0, to);
}

const CLEAR = 256;
const END = 257;
const CODES = 4096;

/** LZW, most significant bit first, codes of 9 to 12 bits that grow one code early. */
export function expandLzw(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  // Each code is its prefix's string and one byte more: where that string last stood in `out`, and how long it is.
  const starts = new Int32Array(CODES);
  const lengths = new Int32Array(CODES);
  let next = END + 1;
  let width = 9;
  let previous = -1;
  let to = 0;
  for (let bit = 0; bit + width <= packed.length * 8 && to < length; ) {
    const code = readCode(packed, bit, width);
    bit += width;
    if (code === END) break;
    if (code === CLEAR) {
      next = END + 1;
      width = 9;
      previous = -1;
      continue;
    }
    if (code > next || (code === next && previous < 0)) break;
    const start = to;
    if (code < CLEAR) out[to++] = code;
    else {
      const from = code === next ? previous : (starts[code] ?? 0);
      const count = code === next ? start - previous + 1 : (lengths[code] ?? 0);
      for (let n = 0; n < count && to < length; n++) out[to++] = out[from + n] ?? 0;
    }
    if (previous >= 0 && next < CODES) {
      starts[next] = previous;
      lengths[next] = start - previous + 1;
      next++;
    }
    previous = start;
    width = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
  }
  return out.subarray(0, to);
}

function readCode(bytes: Uint8Array, bit: number, width: number): number {
  const at = bit >> 3;
  const window = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  return (window >> (24 - (bit & 7) - width)) & ((1 << width) - 1);
}
