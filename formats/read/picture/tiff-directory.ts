/** The image directories of a TIFF or BigTIFF (TIFF 6.0, section 2), with every offset checked against the file. */
import { malformed, tooLarge } from "../../bytes/fail.ts";

export interface Directory {
  readonly littleEndian: boolean;
  /** Values of a tag; none when it is absent. */
  readonly values: (tag: number) => readonly number[];
  /** First value of a tag. */
  readonly value: (tag: number, otherwise: number) => number;
}

/** Bytes of the integer types that we need: BYTE, SHORT, LONG, UNDEFINED, IFD, LONG8, IFD8. */
const WIDTH: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 7: 1, 13: 4, 16: 8, 18: 8 };
const MAX_VALUES = 1_000_000;

/** What differs between the two: sizes of counts and offsets, and where the first offset stands. */
interface Flavour {
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly big: boolean;
}

/** All directories of the chain. Throws MalformedFile for a chain that leaves the file or loops, TooLarge past `most`. */
export function readDirectories(bytes: Uint8Array, most: number): Directory[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) throw malformed("TIFF", "header", "The file ends inside it.");
  const littleEndian = bytes[0] === 0x49;
  const big = view.getUint16(2, littleEndian) === 43;
  const flavour = { view, littleEndian, big };
  const seen = new Set<number>();
  const directories: Directory[] = [];
  for (let at = offsetAt(flavour, big ? 8 : 4); at !== 0; ) {
    if (seen.has(at)) throw malformed("TIFF", "IFD offset", "The directories run in a circle.");
    if (directories.length >= most) throw tooLarge("TIFF: pictures", directories.length + 1, most);
    seen.add(at);
    const { directory, next } = readDirectory(flavour, at);
    directories.push(directory);
    at = next;
  }
  if (directories.length === 0) throw malformed("TIFF", "IFD offset", "There is no picture.");
  return directories;
}

function offsetAt({ view, littleEndian, big }: Flavour, at: number): number {
  return big ? longAt(view, at, littleEndian) : view.getUint32(at, littleEndian);
}

/** A 64-bit offset; those past 2⁵³ are past the end of any file as well. */
const longAt = (view: DataView, at: number, littleEndian: boolean) => Number(view.getBigUint64(at, littleEndian));

function readDirectory(flavour: Flavour, start: number): { directory: Directory; next: number } {
  const { view, littleEndian, big } = flavour;
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  if (start + countBytes > view.byteLength) throw malformed("TIFF", "IFD offset", "It points past the end.");
  const count = big ? longAt(view, start, littleEndian) : view.getUint16(start, littleEndian);
  const first = start + countBytes;
  const end = first + entryBytes * count;
  if (!(end + offsetBytes <= view.byteLength)) throw malformed("TIFF", "IFD", "It runs past the end.");
  const entries = new Map<number, number>();
  for (let at = first; at < end; at += entryBytes) entries.set(view.getUint16(at, littleEndian), at);
  const known = new Map<number, readonly number[]>();
  const values = (tag: number): readonly number[] => {
    const at = entries.get(tag);
    const found = known.get(tag) ?? (at === undefined ? [] : readValues(flavour, at, tag));
    known.set(tag, found);
    return found;
  };
  const directory = { littleEndian, values, value: (tag: number, otherwise: number) => values(tag)[0] ?? otherwise };
  return { directory, next: offsetAt(flavour, end) };
}

function readValues(flavour: Flavour, at: number, tag: number): number[] {
  const { view, littleEndian, big } = flavour;
  const width = WIDTH[view.getUint16(at + 2, littleEndian)];
  const count = big ? longAt(view, at + 4, littleEndian) : view.getUint32(at + 4, littleEndian);
  if (width === undefined) return [];
  const inline = at + (big ? 12 : 8);
  const start = width * count <= (big ? 8 : 4) ? inline : offsetAt(flavour, inline);
  if (count > MAX_VALUES || start + width * count > view.byteLength)
    throw malformed("TIFF", `tag ${tag}`, "Its values run past the end.");
  return Array.from({ length: count }, (_, i) => {
    const from = start + i * width;
    if (width === 1) return view.getUint8(from);
    if (width === 8) return longAt(view, from, littleEndian);
    return width === 2 ? view.getUint16(from, littleEndian) : view.getUint32(from, littleEndian);
  });
}
