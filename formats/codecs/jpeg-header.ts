/** The frame headers of JPEG-family codestreams, read before a decoder allocates by them. */
import { malformed, tooLarge } from "../bytes/fail.ts";

export interface CodestreamHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly precision: number;
  /** JPEG only: the SOF marker's low byte (0xC0 baseline … 0xC3 lossless, 0xF7 JPEG-LS). */
  readonly process: number;
}

/** Markers without a length: TEM, RSTn, SOI. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const isFrame = (marker: number) =>
  marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);

/** Segments of a JPEG stream up to the scan: marker and payload (ITU T.81 B.1). */
export function* jpegSegments(bytes: Uint8Array): Generator<{ marker: number; payload: Uint8Array }> {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw malformed("JPEG", "marker", "A segment does not start with a marker.");
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff || isBare(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    if (length < 2 || at + 2 + length > bytes.length)
      throw malformed("JPEG", "segment length", "It runs past the end.");
    yield { marker, payload: bytes.subarray(at + 4, at + 2 + length) };
    if (marker === 0xda) return;
    at += 2 + length;
  }
}

/** Size and precision of a JPEG or JPEG-LS stream. */
export function readJpegHeader(bytes: Uint8Array): CodestreamHeader {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw malformed("JPEG", "SOI", "It is missing.");
  for (const { marker, payload } of jpegSegments(bytes)) {
    if (!isFrame(marker)) continue;
    if (payload.length < 6) throw malformed("JPEG", "SOF", "It is too short.");
    const [precision = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, components = 0] = payload;
    const header = { width: w1 * 256 + w0, height: h1 * 256 + h0, components, precision, process: marker };
    if (header.width === 0 || header.height === 0) throw malformed("JPEG", "SOF", "The picture has no size.");
    return header;
  }
  throw malformed("JPEG", "SOF", "It is missing.");
}

/**
 * Throws unless the end marker (EOI, EOC) stands behind the data: decoders paint what is missing grey and say nothing.
 * Inside the data of all these codecs FF is never followed by D9. A few padding bytes may follow.
 */
export function checkComplete(bytes: Uint8Array, format: string): void {
  const start = bytes[1] === 0xd8 ? startOfScan(bytes) : 0;
  for (let at = bytes.length - 2; at >= start; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return;
  throw malformed(format, "end of image", "It is missing: the picture is cut short.");
}

/** A progressive picture has about ten scans; each makes a decoder walk over all of it. */
const MOST_SCANS = 100;

/** Throws TooLarge for a JPEG of very many scans. Inside the data FF is never followed by DA. */
export function checkScans(bytes: Uint8Array): void {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1))
    if (bytes[at + 1] === 0xda && ++scans > MOST_SCANS) throw tooLarge("JPEG: scans", scans, MOST_SCANS);
}

/** A thumbnail in the EXIF block before has an end marker of its own. */
function startOfScan(bytes: Uint8Array): number {
  for (const { marker, payload } of jpegSegments(bytes))
    if (marker === 0xda) return payload.byteOffset - bytes.byteOffset + payload.length;
  throw malformed("JPEG", "SOS", "It is missing.");
}

/** Size and precision of a JPEG 2000 codestream (ITU T.800 A.5.1), also inside a JP2 box. */
export function readJpeg2000Header(bytes: Uint8Array): CodestreamHeader {
  const start = startOfCodestream(bytes);
  if (bytes.length < start + 44) throw malformed("JPEG 2000", "SIZ", "It is missing.");
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  const width = view.getUint32(8) - view.getUint32(16);
  const height = view.getUint32(12) - view.getUint32(20);
  const components = view.getUint16(40);
  const precision = (view.getUint8(42) & 0x7f) + 1;
  if (width <= 0 || height <= 0) throw malformed("JPEG 2000", "SIZ", "The picture has no size.");
  checkTiles(view, bytes.length - start);
  return { width, height, components, precision, process: 0 };
}

/** A tile part is at least its SOT and SOD markers (A.4.2): more tiles than fit would only keep a decoder busy. */
const TILE_PART_BYTES = 14;

function checkTiles(view: DataView, length: number): void {
  const across = Math.ceil((view.getUint32(8) - view.getUint32(32)) / view.getUint32(24));
  const down = Math.ceil((view.getUint32(12) - view.getUint32(36)) / view.getUint32(28));
  if (!(across >= 1 && down >= 1 && across * down * TILE_PART_BYTES <= length))
    throw malformed("JPEG 2000", "SIZ", "It declares more tiles than it can hold.");
}

/** True when the codestream says that its components were transformed together (COD, A.6.1). */
export function hasComponentTransform(bytes: Uint8Array): boolean {
  const start = startOfCodestream(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = start + 2; at + 10 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint16(at) === 0xff52) return view.getUint8(at + 8) !== 0;
    if (view.getUint16(at) === 0xff90) return true; // the main header ends without one
  }
  return true;
}

function startOfCodestream(bytes: Uint8Array): number {
  const start = isSignature(bytes) ? codestreamBox(bytes) : 0;
  if (bytes[start] === 0xff && bytes[start + 1] === 0x4f && bytes[start + 2] === 0xff && bytes[start + 3] === 0x51)
    return start;
  throw malformed("JPEG 2000", "SOC", "It is missing.");
}

/** `jP  ` in the first box: some writers put a whole JP2 file into DICOM. */
const isSignature = (bytes: Uint8Array) => bytes[4] === 0x6a && bytes[5] === 0x50 && bytes[6] === 0x20;

/** Where the payload of the `jp2c` box starts (ITU T.800 I.4). */
function codestreamBox(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; ) {
    if (view.getUint32(at + 4) === 0x6a703263) return at + 8;
    const length = view.getUint32(at);
    if (length < 8) break;
    at += length;
  }
  throw malformed("JPEG 2000", "jp2c", "It is missing.");
}
