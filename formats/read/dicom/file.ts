/** One DICOM file (PS3.10): preamble, meta group, transfer syntax, and the data set up to the pixel data. */
import { malformed, unsupported } from "../../bytes/fail.ts";
import { inflateAll } from "../../bytes/inflate.ts";
import { inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { type DataSet, type Layout, readDataSet } from "./tokens.ts";
import { textOf } from "./values.ts";

export interface DicomFile {
  /** Transfer syntax UID; where the file has none, the one that its bytes look like. */
  readonly syntax: string;
  readonly dataSet: DataSet;
}

const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
const EXPLICIT_BIG = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";

const META: Layout = { explicit: true, littleEndian: true };
const UID = /^[0-9.]{1,64}$/;

/** `DICM` after the preamble, or a bare data set that starts with group 2 or 8. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  return hasDicomMagic(bytes) || bareLayout(bytes, 0) !== undefined;
}

/**
 * Reads everything but the pixels, or what stands before the tag `before`: then the start of a file is enough.
 * Throws UnsupportedFormat, MalformedFile or TooLarge.
 */
export function openDicom(bytes: Uint8Array, limits: Limits, before?: number): DicomFile {
  const start = hasDicomMagic(bytes) ? 132 : 0;
  const group = bytes.length >= start + 2 ? (bytes[start] ?? 0) + 256 * (bytes[start + 1] ?? 0) : 0;
  if (group !== 2) return openBare(bytes, { start, limits, before });
  const { dataSet: meta, end } = readDataSet(bytes, { start, layout: META, limits, group: 2 });
  const syntax = textOf(meta, 0x00020010);
  if (syntax === undefined) return openBare(bytes, { start: end, limits, before });
  if (!UID.test(syntax)) throw malformed("DICOM", "(0002,0010)", "It is not a UID.");
  if (syntax === DEFLATED) {
    const limit = inflatedLimit(bytes.length, limits);
    const inflated = inflateAll(bytes.subarray(end), "raw", { format: "DICOM", limit });
    return { syntax, dataSet: readDataSet(inflated, { start: 0, layout: META, limits }).dataSet };
  }
  const layout = layoutOf(syntax, bytes, end);
  return { syntax, dataSet: readDataSet(bytes, { start: end, layout, limits, before }).dataSet };
}

/** `DICM` behind the preamble, whatever that holds. */
export const hasDicomMagic = (bytes: Uint8Array): boolean =>
  bytes.length >= 132 && bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d;

interface Bare {
  readonly start: number;
  readonly limits: Limits;
  readonly before: number | undefined;
}

function openBare(bytes: Uint8Array, { start, limits, before }: Bare): DicomFile {
  const layout = bareLayout(bytes, start);
  if (!layout) throw unsupported("a file without a DICOM transfer syntax");
  const syntax = layout.explicit ? (layout.littleEndian ? EXPLICIT_LITTLE : EXPLICIT_BIG) : IMPLICIT_LITTLE;
  return { syntax, dataSet: readDataSet(bytes, { start, layout, limits, before }).dataSet };
}

/** Some writers announce explicit VR and write implicit: the first element tells. */
function layoutOf(syntax: string, bytes: Uint8Array, start: number): Layout {
  if (syntax === IMPLICIT_LITTLE) return { explicit: startsExplicit(bytes, start), littleEndian: true };
  if (syntax === EXPLICIT_BIG) return { explicit: true, littleEndian: false };
  return { explicit: bytes.length < start + 8 || startsExplicit(bytes, start), littleEndian: true };
}

const startsExplicit = (bytes: Uint8Array, start: number) => {
  const isLetter = (code = 0) => code >= 0x41 && code <= 0x5a;
  return isLetter(bytes[start + 4]) && isLetter(bytes[start + 5]);
};

function bareLayout(bytes: Uint8Array, start: number): Layout | undefined {
  if (bytes.length < start + 16) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const explicit = startsExplicit(bytes, start);
  for (const littleEndian of [true, false]) {
    const group = view.getUint16(start, littleEndian);
    const element = view.getUint16(start + 2, littleEndian);
    if ((group !== 2 && group !== 8) || element > 0x0100) continue;
    if (explicit) return { explicit, littleEndian };
    if (littleEndian && view.getUint32(start + 4, true) <= 1024) return { explicit, littleEndian };
  }
  return undefined;
}
