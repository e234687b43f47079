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

/** Each code is the string of an earlier code and one byte more: where that stands in the output, and how long it is. */
interface Table {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  next: number;
}

/** LZW, most significant bit first, codes of 9 to 12 bits that grow one code early. */
export function expandLzw(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const table: Table = { starts: new Int32Array(CODES), lengths: new Int32Array(CODES), next: END + 1 };
  let previous = -1;
  let to = 0;
  for (let bit = 0, width = 9; bit + width <= packed.length * 8 && to < length; width = codeWidth(table.next)) {
    const code = readCode(packed, bit, width);
    bit += width;
    if (code === END) break;
    if (code === CLEAR) {
      table.next = END + 1;
      previous = -1;
      continue;
    }
    if (code > table.next || (code === table.next && previous < 0)) break;
    const start = to;
    to = append(out, to, { code, table, previous });
    if (previous >= 0 && table.next < CODES) {
      table.starts[table.next] = previous;
      table.lengths[table.next++] = start - previous + 1;
    }
    previous = start;
  }
  return out.subarray(0, to);
}

/** Writes the string of a code; the newest code is the previous string and its own first byte. */
function append(
  out: Uint8Array,
  at: number,
  { code, table, previous }: { code: number; table: Table; previous: number },
) {
  if (code < CLEAR) {
    out[at] = code;
    return at + 1;
  }
  const newest = code === table.next;
  const from = newest ? previous : (table.starts[code] ?? 0);
  const count = newest ? at - previous + 1 : (table.lengths[code] ?? 0);
  const end = Math.min(at + count, out.length);
  for (let to = at; to < end; to++) out[to] = out[from + to - at] ?? 0;
  return end;
}

const codeWidth = (next: number) => (next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9);

function readCode(bytes: Uint8Array, bit: number, width: number): number {
  const at = bit >> 3;
  const window = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  return (window >> (24 - (bit & 7) - width)) & ((1 << width) - 1);
}
