/** Bits and Huffman codes of a JPEG scan (ITU T.81 F.2.2). */
import { malformed } from "../../bytes/fail.ts";

/** Codes by length: the largest code of each length, −1 for none, and where its values start. */
export interface HuffmanTable {
  readonly largest: Int32Array;
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

/** Builds a table from the counts of codes of 1 to 16 bits and their values (T.81 C.2). */
export function huffmanTable(counts: Uint8Array, values: Uint8Array): HuffmanTable {
  const largest = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let [code, at] = [0, 0];
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] ?? 0;
    offset[length] = at - code;
    if (count > 0) largest[length] = code + count - 1;
    code += count;
    at += count;
    if (code > 1 << length) throw malformed("JPEG", "DHT", "It has too many codes.");
    code <<= 1;
  }
  return { largest, offset, values };
}

export interface BitReader {
  bit(): number;
  bits(count: number): number;
  /** A value of `count` bits whose first bit tells its sign (T.81 F.2.2.1, EXTEND). */
  signed(count: number): number;
  symbol(table: HuffmanTable): number;
  /** Drops the rest of the byte and passes the restart marker that must follow. */
  restart(): void;
  /** Where the marker behind the scan starts. */
  end(): number;
}

/** Reads the entropy-coded bytes from `start`; throws MalformedFile when a marker comes before the data is complete. */
export function bitReader(bytes: Uint8Array, start: number): BitReader {
  let [at, held, left] = [start, 0, 0];
  const nextByte = (): number => {
    const byte = bytes[at];
    if (byte === undefined) throw malformed("JPEG", "scan", "The file ends inside it.");
    if (byte === 0xff) {
      if (bytes[at + 1] !== 0) throw malformed("JPEG", "scan", "It ends before the picture is complete.");
      at++;
    }
    at++;
    return byte;
  };
  const bit = (): number => {
    if (left === 0) [held, left] = [nextByte(), 8];
    left--;
    return (held >> left) & 1;
  };
  const bits = (count: number): number => {
    let value = 0;
    for (let n = 0; n < count; n++) value = (value << 1) | bit();
    return value;
  };
  const symbol = ({ largest, offset, values }: HuffmanTable): number => {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | bit();
      if (code <= (largest[length] ?? -1)) return values[code + (offset[length] ?? 0)] ?? 0;
    }
    throw malformed("JPEG", "scan", "It holds a code of no table.");
  };
  return {
    bit,
    bits,
    signed(count) {
      const value = bits(count);
      return count > 0 && value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
    },
    symbol,
    restart() {
      left = 0;
      while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
      const marker = bytes[at + 1] ?? 0;
      if (bytes[at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw malformed("JPEG", "RST", "It is missing.");
      at += 2;
    },
    end: () => at,
  };
}
