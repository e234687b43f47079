/**
 * A bounded reader of DICOM data sets (PS3.5 §7): it copies no value, counts elements, items and depth, and stops at the
 * pixel data. Written here because the parsers at hand recurse without bound and read truncated files as if whole.
 */
import { malformed, tooLarge } from "../../bytes/fail.ts";
import { check, type Limits } from "../../bytes/limits.ts";

export interface DicomElement {
  readonly vr: string;
  /** Where the value lies in `DataSet.bytes`. */
  readonly start: number;
  readonly length: number;
  readonly items?: readonly DataSet[];
  /** Encapsulated pixel data: the items after the basic offset table. */
  readonly fragments?: readonly Uint8Array[];
  /** Frame starts from the basic offset table, relative to the first fragment's item tag. */
  readonly offsets?: readonly number[];
}

export interface DataSet {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly elements: ReadonlyMap<number, DicomElement>;
}

/** How the bytes of a data set are laid out. */
export interface Layout {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

export const PIXEL_DATA = 0x7fe00010;
const FLOAT_PIXEL_DATA = 0x7fe00008;
const DOUBLE_PIXEL_DATA = 0x7fe00009;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;

/** VRs with two reserved bytes and a 32-bit length (PS3.5 §7.1.2). */
const LONG_VR = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);

/** Sequences that we look into; implicit VR does not say which elements are sequences. */
const SEQUENCES = new Set([
  0x00082112, 0x00089124, 0x00620002, 0x0062000a, 0x0062000f, 0x30060020, 0x30060039, 0x30060040, 0x00283000,
  0x00186011, 0x00289110, 0x00289132, 0x00289145, 0x00209113, 0x00209116, 0x52009229, 0x52009230,
]);

const isPixelTag = (tag: number) => tag === PIXEL_DATA || tag === FLOAT_PIXEL_DATA || tag === DOUBLE_PIXEL_DATA;

/** `(7FE0,0010)`. */
export const tagName = (tag: number): string => {
  const hex = tag.toString(16).toUpperCase().padStart(8, "0");
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
};

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly limits: Limits;
  at: number;
  elements: number;
  items: number;
}

interface Header {
  readonly tag: number;
  readonly vr: string;
  readonly length: number;
}

/**
 * Reads elements from `start` up to the pixel data, the end, the first tag of another group when `group` is given, or the
 * first from `before` on.
 */
export function readDataSet(
  bytes: Uint8Array,
  { start, layout, limits, ...stop }: Stop & { start: number; layout: Layout; limits: Limits },
): { dataSet: DataSet; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor: Cursor = { bytes, view, limits, at: start, elements: 0, items: 0 };
  const dataSet = readElements(cursor, layout, { end: bytes.length, depth: 0, ...stop });
  return { dataSet, end: cursor.at };
}

interface Stop {
  readonly group?: number | undefined;
  readonly before?: number | undefined;
}

interface Scope extends Stop {
  readonly end: number;
  readonly depth: number;
}

function readElements(cursor: Cursor, layout: Layout, scope: Scope): DataSet {
  const elements = new Map<number, DicomElement>();
  while (cursor.at < scope.end) {
    if (scope.end - cursor.at < 8) {
      if (scope.depth === 0 && elements.size > 0) break; // trailing bytes after the last element
      throw malformed("DICOM", "data set", "It ends inside an element header.");
    }
    if (scope.group !== undefined && cursor.view.getUint16(cursor.at, layout.littleEndian) !== scope.group) break;
    if (scope.before !== undefined && tagAt(cursor, layout) >= scope.before) break;
    const header = readHeader(cursor, layout, scope.end);
    if (header.tag === ITEM_END || header.tag === SEQUENCE_END) break;
    check("DICOM elements", ++cursor.elements, cursor.limits.dicomElements);
    elements.set(header.tag, readValue(cursor, layout, header, scope));
    if (scope.depth === 0 && isPixelTag(header.tag)) break;
  }
  return { bytes: cursor.bytes, view: cursor.view, littleEndian: layout.littleEndian, elements };
}

function readHeader(cursor: Cursor, layout: Layout, end: number): Header {
  const { view } = cursor;
  const tag = readTag(cursor, layout);
  if (tag >>> 16 === 0xfffe || !layout.explicit) {
    const length = view.getUint32(cursor.at, layout.littleEndian);
    cursor.at += 4;
    const vr = SEQUENCES.has(tag) ? "SQ" : isPixelTag(tag) ? "OW" : "UN";
    return { tag, vr, length };
  }
  const [first = 0, second = 0] = cursor.bytes.subarray(cursor.at, cursor.at + 2);
  if (!isLetter(first) || !isLetter(second))
    throw malformed("DICOM", tagName(tag), "Its value representation is no VR.");
  const vr = String.fromCharCode(first, second);
  if (!LONG_VR.has(vr)) {
    const length = view.getUint16(cursor.at + 2, layout.littleEndian);
    cursor.at += 4;
    return { tag, vr, length };
  }
  if (end - cursor.at < 8) throw malformed("DICOM", tagName(tag), "The file ends inside its header.");
  const length = view.getUint32(cursor.at + 4, layout.littleEndian);
  cursor.at += 8;
  return { tag, vr, length };
}

function readTag(cursor: Cursor, layout: Layout): number {
  const tag = tagAt(cursor, layout);
  cursor.at += 4;
  return tag;
}

const tagAt = ({ view, at }: Cursor, { littleEndian }: Layout): number =>
  view.getUint16(at, littleEndian) * 0x10000 + view.getUint16(at + 2, littleEndian);

const isLetter = (code: number) => code >= 0x41 && code <= 0x5a;

function readValue(cursor: Cursor, layout: Layout, header: Header, scope: Scope): DicomElement {
  const { tag, vr, length } = header;
  const start = cursor.at;
  if (length === UNDEFINED) {
    if (tag === PIXEL_DATA) return { vr, start, ...readFragments(cursor, layout) }; // an icon's, too
    // PS3.5 §6.2.2: a UN sequence of undefined length is implicit little endian inside.
    const inner = vr === "UN" ? { explicit: false, littleEndian: true } : layout;
    const items = readItems(cursor, inner, scope, { tag, end: scope.end, open: true });
    return { vr: "SQ", start, length: cursor.at - start, items };
  }
  if (length > scope.end - start)
    throw malformed("DICOM", tagName(tag), `Its length is ${length} bytes, but ${scope.end - start} remain.`);
  if (!isPixelTag(tag) && vr !== "SQ") check(`DICOM ${tagName(tag)}: bytes`, length, cursor.limits.dicomValueBytes);
  if (vr === "SQ" || (vr === "UN" && SEQUENCES.has(tag))) {
    const inner = vr === "UN" ? { explicit: false, littleEndian: true } : layout;
    const items = readItems(cursor, inner, scope, { tag, end: start + length, open: false });
    cursor.at = start + length;
    return { vr: "SQ", start, length, items };
  }
  cursor.at = start + length;
  return { vr, start, length };
}

function readItems(
  cursor: Cursor,
  layout: Layout,
  scope: Scope,
  { tag, end, open }: { tag: number; end: number; open: boolean },
): DataSet[] {
  const depth = scope.depth + 1;
  check("DICOM sequence depth", depth, cursor.limits.dicomDepth);
  const items: DataSet[] = [];
  while (open || cursor.at < end) {
    if (end - cursor.at < 8) throw malformed("DICOM", tagName(tag), "The sequence has no end.");
    const item = readTag(cursor, layout);
    const length = cursor.view.getUint32(cursor.at, layout.littleEndian);
    cursor.at += 4;
    if (item === SEQUENCE_END) break;
    if (item !== ITEM) throw malformed("DICOM", tagName(tag), "Something else than an item lies in the sequence.");
    check("DICOM sequence items", ++cursor.items, cursor.limits.dicomItems);
    if (length !== UNDEFINED && length > end - cursor.at)
      throw malformed("DICOM", tagName(tag), "An item is longer than its sequence.");
    const itemEnd = length === UNDEFINED ? end : cursor.at + length;
    items.push(readElements(cursor, layout, { end: itemEnd, depth }));
    if (length !== UNDEFINED) cursor.at = itemEnd;
  }
  return items;
}

/** PS3.5 §A.4: a basic offset table item, then fragments, then the sequence delimiter (which some writers forget). */
function readFragments(cursor: Cursor, layout: Layout) {
  const start = cursor.at;
  const fragments: Uint8Array[] = [];
  let offsets: number[] | undefined;
  while (cursor.at + 8 <= cursor.bytes.length) {
    const tag = readTag(cursor, layout);
    const length = cursor.view.getUint32(cursor.at, layout.littleEndian);
    cursor.at += 4;
    if (tag === SEQUENCE_END) break;
    if (tag !== ITEM) throw malformed("DICOM", tagName(PIXEL_DATA), "Something else than a fragment lies in it.");
    if (length > cursor.bytes.length - cursor.at)
      throw malformed("DICOM", tagName(PIXEL_DATA), "The file ends inside a fragment.");
    if (fragments.length >= cursor.limits.dicomItems)
      throw tooLarge("DICOM fragments", fragments.length + 1, cursor.limits.dicomItems);
    if (offsets === undefined) offsets = readOffsets(cursor, layout, length);
    else fragments.push(cursor.bytes.subarray(cursor.at, cursor.at + length));
    cursor.at += length;
  }
  if (fragments.length === 0) throw malformed("DICOM", tagName(PIXEL_DATA), "It holds no fragments.");
  return { length: cursor.at - start, fragments, offsets: offsets ?? [] };
}

function readOffsets(cursor: Cursor, layout: Layout, length: number): number[] {
  check("DICOM offset table entries", length / 4, cursor.limits.dicomItems);
  return Array.from({ length: Math.floor(length / 4) }, (_, i) =>
    cursor.view.getUint32(cursor.at + 4 * i, layout.littleEndian),
  );
}
