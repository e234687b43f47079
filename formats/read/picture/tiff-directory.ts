/** The first image directory of a TIFF (TIFF 6.0, section 2), with every offset checked against the file. */
import { malformed, unsupported } from "../../bytes/fail.ts";

export interface Directory {
  readonly littleEndian: boolean;
  /** Values of a tag; none when it is absent. */
  readonly values: (tag: number) => readonly number[];
  /** First value of a tag. */
  readonly value: (tag: number, otherwise: number) => number;
  /** True when another picture follows. */
  readonly more: boolean;
}

/** Bytes of the integer types that we need: BYTE, SHORT, LONG. */
const WIDTH: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };
const MAX_VALUES = 1_000_000;

/** Throws MalformedFile or, for BigTIFF, UnsupportedFormat. */
export function readDirectory(bytes: Uint8Array): Directory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw malformed("TIFF", "header", "The file ends inside it.");
  const littleEndian = bytes[0] === 0x49;
  if (view.getUint16(2, littleEndian) === 43) throw unsupported("BigTIFF", "TIFF 6.0");
  const start = view.getUint32(4, littleEndian);
  if (start + 2 > bytes.length) throw malformed("TIFF", "IFD offset", "It points past the end.");
  const count = view.getUint16(start, littleEndian);
  const end = start + 2 + 12 * count;
  if (end + 4 > bytes.length) throw malformed("TIFF", "IFD", "It runs past the end.");
  const entries = new Map<number, number>();
  for (let at = start + 2; at < end; at += 12) entries.set(view.getUint16(at, littleEndian), at);
  const values = (tag: number): readonly number[] => {
    const at = entries.get(tag);
    return at === undefined ? [] : readValues(view, at, { tag, littleEndian });
  };
  return {
    littleEndian,
    values,
    value: (tag, otherwise) => values(tag)[0] ?? otherwise,
    more: view.getUint32(end, littleEndian) !== 0,
  };
}

function readValues(
  view: DataView,
  at: number,
  { tag, littleEndian }: { tag: number; littleEndian: boolean },
): number[] {
  const width = WIDTH[view.getUint16(at + 2, littleEndian)];
  const count = view.getUint32(at + 4, littleEndian);
  if (width === undefined) return [];
  const start = width * count <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian);
  if (count > MAX_VALUES || start + width * count > view.byteLength)
    throw malformed("TIFF", `tag ${tag}`, "Its values run past the end.");
  return Array.from({ length: count }, (_, i) => {
    const from = start + i * width;
    if (width === 1) return view.getUint8(from);
    return width === 2 ? view.getUint16(from, littleEndian) : view.getUint32(from, littleEndian);
  });
}
