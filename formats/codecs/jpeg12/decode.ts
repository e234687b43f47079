/**
 * Lossy JPEG of 8 to 12 bits, sequential and progressive (ITU T.81). Written here because no kept package decodes 12 bits:
 * libjpeg-turbo's WebAssembly build is 8-bit, jpeg-js clamps to bytes, the lossless decoder knows process 14 alone.
 */
import { malformed, tooLarge, unsupported } from "../../bytes/fail.ts";
import type { Decoded } from "../wasm.ts";
import { type HuffmanTable, huffmanTable } from "./bits.ts";
import { samplesOf } from "./idct.ts";
import { type Component, decodeScan, type Scan, type ScanComponent, ZIGZAG } from "./scan.ts";

/** A progressive picture needs about ten; each costs a walk over all blocks. */
const MOST_SCANS = 64;

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly precision: number;
  readonly progressive: boolean;
  readonly unitsAcross: number;
  readonly unitsDown: number;
  readonly components: readonly Component[];
}

interface Tables {
  readonly dc: HuffmanTable[];
  readonly ac: HuffmanTable[];
  readonly quantizers: Uint16Array[];
  restartInterval: number;
}

/** Decodes a whole stream, whose declared size was checked before. Throws MalformedFile, UnsupportedFormat or TooLarge. */
export function decodeJpeg12(bytes: Uint8Array): Decoded {
  const tables: Tables = { dc: [], ac: [], quantizers: [], restartInterval: 0 };
  let frame: Frame | undefined;
  let scans = 0;
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) throw malformed("JPEG", "marker", "A segment does not start with a marker.");
    if (marker === 0xd9) break;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + short(bytes, at + 2);
    if (end > bytes.length) throw malformed("JPEG", "segment length", "It runs past the end.");
    const payload = bytes.subarray(at + 4, end);
    at = end;
    if (marker === 0xc1 || marker === 0xc0 || marker === 0xc2) frame = readFrame(payload, marker === 0xc2);
    else if (marker === 0xda) {
      if (!frame) throw malformed("JPEG", "SOF", "It is missing.");
      if (++scans > MOST_SCANS) throw tooLarge("JPEG: scans", scans, MOST_SCANS);
      at = nextMarker(bytes, decodeScan(bytes, end, scanOf(payload, frame, tables)));
    } else readTable(marker, payload, tables);
  }
  if (!frame || scans === 0) throw malformed("JPEG", "SOS", "It is missing.");
  return output(frame, tables.quantizers);
}

const short = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

/** The rest of the last byte, and whatever else stands before the next marker. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++)
    if (bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) return at;
  return bytes.length;
}

function readTable(marker: number, payload: Uint8Array, tables: Tables): void {
  if (marker === 0xc4) readHuffman(payload, tables);
  else if (marker === 0xdb) readQuantizers(payload, tables);
  else if (marker === 0xdd) tables.restartInterval = short(payload, 0);
}

function readHuffman(payload: Uint8Array, tables: Tables): void {
  for (let at = 0; at + 17 <= payload.length; ) {
    const kind = payload[at] ?? 0;
    const counts = payload.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total > 256 || at + 17 + total > payload.length) throw malformed("JPEG", "DHT", "It is too short.");
    const table = huffmanTable(counts, payload.subarray(at + 17, at + 17 + total));
    (kind >> 4 === 0 ? tables.dc : tables.ac)[kind & 3] = table;
    at += 17 + total;
  }
}

function readQuantizers(payload: Uint8Array, tables: Tables): void {
  for (let at = 0; at < payload.length; ) {
    const head = payload[at] ?? 0;
    const width = head >> 4 === 0 ? 1 : 2;
    if (at + 1 + 64 * width > payload.length) throw malformed("JPEG", "DQT", "It is too short.");
    const table = new Uint16Array(64);
    for (let n = 0; n < 64; n++)
      table[ZIGZAG[n] ?? 0] = width === 1 ? (payload[at + 1 + n] ?? 0) : short(payload, at + 1 + 2 * n);
    tables.quantizers[head & 3] = table;
    at += 1 + 64 * width;
  }
}

function readFrame(payload: Uint8Array, progressive: boolean): Frame {
  const [precision = 0] = payload;
  const [height, width, count] = [short(payload, 1), short(payload, 3), payload[5] ?? 0];
  if (payload.length < 6 + 3 * count || width === 0 || height === 0) throw malformed("JPEG", "SOF", "It is too short.");
  if (precision > 12 || (count !== 1 && count !== 3))
    throw unsupported(`a lossy JPEG of ${count} components of ${precision} bits`, "up to 12 bits, grey or colour");
  const parts = Array.from({ length: count }, (_, n) => [...payload.subarray(6 + 3 * n, 9 + 3 * n)]);
  const [hMax, vMax] = [1, 1].map((_, axis) => Math.max(...parts.map(([, s = 0]) => (axis === 0 ? s >> 4 : s & 15))));
  if (!hMax || !vMax || hMax > 4 || vMax > 4) throw malformed("JPEG", "SOF", "Its sampling is none.");
  const unitsAcross = Math.ceil(width / (8 * hMax));
  const unitsDown = Math.ceil(height / (8 * vMax));
  const components = parts.map(([id = 0, sampling = 0, quantizer = 0]) => {
    const [h, v] = [sampling >> 4, sampling & 15];
    if (h === 0 || v === 0) throw malformed("JPEG", "SOF", "Its sampling is none.");
    const across = Math.ceil(Math.ceil((width * h) / hMax) / 8);
    const down = Math.ceil(Math.ceil((height * v) / vMax) / 8);
    const stride = unitsAcross * h;
    return { id, h, v, quantizer, across, down, stride, coefficients: new Int32Array(stride * unitsDown * v * 64) };
  });
  return { width, height, precision, progressive, unitsAcross, unitsDown, components };
}

function scanOf(payload: Uint8Array, frame: Frame, tables: Tables): Scan {
  const count = payload[0] ?? 0;
  if (count < 1 || payload.length < 4 + 2 * count) throw malformed("JPEG", "SOS", "It is too short.");
  const components = Array.from({ length: count }, (_, n): ScanComponent => {
    const component = frame.components.find(({ id }) => id === payload[1 + 2 * n]);
    if (!component) throw malformed("JPEG", "SOS", "It names a component that is missing.");
    const selected = payload[2 + 2 * n] ?? 0;
    return { component, dc: tables.dc[(selected >> 4) & 3], ac: tables.ac[selected & 3] };
  });
  const [spectralStart = 0, spectralEnd = 0, bits = 0] = payload.subarray(1 + 2 * count);
  if (spectralStart > spectralEnd || spectralEnd > 63 || (spectralStart > 0 && count > 1))
    throw malformed("JPEG", "SOS", "Its band of coefficients is none.");
  const { progressive, unitsAcross, unitsDown } = frame;
  const { restartInterval } = tables;
  const band = { spectralStart, spectralEnd, high: bits >> 4, low: bits & 15 };
  return { components, progressive, ...band, restartInterval, unitsAcross, unitsDown };
}

function output({ width, height, precision, components }: Frame, quantizers: readonly Uint16Array[]): Decoded {
  const count = components.length;
  const samples = new Uint16Array(width * height * count);
  const hMax = Math.max(...components.map(({ h }) => h));
  const vMax = Math.max(...components.map(({ v }) => v));
  for (const [n, component] of components.entries()) {
    const quantizer = quantizers[component.quantizer];
    if (!quantizer) throw malformed("JPEG", "DQT", "It is missing.");
    const plane = samplesOf(component, quantizer, precision);
    const line = component.stride * 8;
    for (let y = 0, to = n; y < height; y++) {
      const row = Math.floor((y * component.v) / vMax) * line;
      for (let x = 0; x < width; x++, to += count) samples[to] = plane[row + Math.floor((x * component.h) / hMax)] ?? 0;
    }
  }
  const bytes = precision > 8 ? new Uint8Array(samples.buffer) : Uint8Array.from(samples);
  return { width, height, components: count, bitsPerSample: precision, signed: false, bytes, planar: false };
}
