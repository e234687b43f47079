/** Colour spaces of PS3.3 C.7.6.3.1.2, all to interleaved 8-bit RGB. */
import type { VoxelArray } from "../../../core/image/volume.ts";
import { malformed } from "../../bytes/fail.ts";
import { signedShort } from "./modality-lut.ts";
import type { DataSet } from "./tokens.ts";
import { bytesOf, shortsOf } from "./values.ts";

/** Plane after plane to pixel after pixel. */
export function interleave<T extends VoxelArray>(planes: T): T {
  const out = planes.slice() as T; // slice keeps the concrete type
  const pixels = planes.length / 3;
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) out[3 * i + c] = planes[c * pixels + i] ?? 0;
  return out;
}

/** Colour samples as bytes: the upper eight of the `bits` that they use. */
export function toBytes(values: VoxelArray, bits: number): Uint8Array {
  if (values instanceof Uint8Array && bits <= 8) return values;
  const divisor = 2 ** Math.max(0, bits - 8);
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.min(255, Math.max(0, Math.floor((values[i] ?? 0) / divisor)));
  return out;
}

/** YBR_FULL to RGB in place (ITU-R BT.601 full range, PS3.3 C.7.6.3.1.2). */
export function ybrToRgb(pixels: Uint8Array): void {
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const y = pixels[i] ?? 0;
    const cb = (pixels[i + 1] ?? 0) - 128;
    const cr = (pixels[i + 2] ?? 0) - 128;
    pixels[i] = clamp(y + 1.402 * cr);
    pixels[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    pixels[i + 2] = clamp(y + 1.772 * cb);
  }
}

const clamp = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value));

/** Uncompressed YBR_FULL_422: Y Y Cb Cr for two pixels, to Y Cb Cr for each. */
export function expand422(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.length / 2) * 3);
  for (let from = 0, to = 0; from + 3 < bytes.length; from += 4, to += 6) {
    const [y0 = 0, y1 = 0, cb = 0, cr = 0] = bytes.subarray(from, from + 4);
    out.set([y0, cb, cr, y1, cb, cr], to);
  }
  return out;
}

export interface Palette {
  /** First stored value that the table maps; values outside take the nearest entry (PS3.3 C.7.6.3.1.5). */
  readonly first: number;
  /** 8-bit RGB triplets. */
  readonly entries: Uint8Array;
}

const DESCRIPTORS = [0x00281101, 0x00281102, 0x00281103];
const TABLES = [0x00281201, 0x00281202, 0x00281203];
const SEGMENTED = [0x00281221, 0x00281222, 0x00281223];

/** The palette of a PALETTE COLOR image. Throws MalformedFile naming the tag. */
export function readPalette(dataSet: DataSet, signed: boolean): Palette {
  const descriptor = shortsOf(dataSet, DESCRIPTORS[0] ?? 0);
  if (descriptor?.length !== 3) throw malformed("DICOM", "(0028,1101)", "A palette descriptor has three numbers.");
  const [declared = 0, first = 0, bits = 0] = descriptor;
  const count = declared === 0 ? 65536 : declared;
  if (bits !== 8 && bits !== 16) throw malformed("DICOM", "(0028,1101)", "Palette entries have 8 or 16 bits.");
  const entries = new Uint8Array(count * 3);
  TABLES.forEach((tag, channel) => {
    const values = channelOf(dataSet, { tag, segmented: SEGMENTED[channel] ?? 0, count, bits });
    for (let i = 0; i < count; i++) entries[3 * i + channel] = values[i] ?? 0;
  });
  return { first: signedShort(first, signed), entries };
}

interface Channel {
  readonly tag: number;
  readonly segmented: number;
  readonly count: number;
  readonly bits: number;
}

function channelOf(dataSet: DataSet, { tag, segmented, count, bits }: Channel): ArrayLike<number> {
  const field = `(0028,12${(tag & 0xff).toString(16).padStart(2, "0").toUpperCase()})`;
  const element = dataSet.elements.get(tag);
  if (!element) {
    if (dataSet.elements.has(segmented)) return expandSegments(shortsOf(dataSet, segmented) ?? [], count, field);
    throw malformed("DICOM", field, "It is missing.");
  }
  if (bits === 8 && element.length < 2 * count) return readBytes(bytesOf(dataSet, element), count, field);
  const values = shortsOf(dataSet, tag) ?? [];
  if (values.length < count) throw malformed("DICOM", field, `It has ${values.length} of ${count} entries.`);
  return toEightBits(values);
}

function readBytes(bytes: Uint8Array, count: number, field: string): Uint8Array {
  if (bytes.length < count) throw malformed("DICOM", field, `It has ${bytes.length} of ${count} entries.`);
  return bytes;
}

/** 16-bit tables whose values never leave the low byte are 8-bit tables in disguise. */
const toEightBits = (values: readonly number[]): number[] =>
  values.some((value) => value > 255) ? values.map((value) => value >> 8) : [...values];

/** Segmented palettes (PS3.3 C.7.9.2): discrete and linear segments; indirect ones are refused. */
function expandSegments(data: readonly number[], count: number, field: string): number[] {
  const values: number[] = [];
  for (let at = 0; at + 1 < data.length && values.length < count; ) {
    const kind = data[at] ?? 0;
    const length = data[at + 1] ?? 0;
    if (kind === 0) {
      for (const value of data.slice(at + 2, at + 2 + length)) values.push(value);
      at += 2 + length;
    } else if (kind === 1) {
      const from = values.at(-1) ?? 0;
      const to = data[at + 2] ?? 0;
      for (let i = 1; i <= length && values.length < count; i++)
        values.push(Math.round(from + ((to - from) * i) / length));
      at += 3;
    } else throw malformed("DICOM", field, "Indirect palette segments are not read.");
  }
  if (values.length < count) throw malformed("DICOM", field, `It has ${values.length} of ${count} entries.`);
  return toEightBits(values);
}

/** Stored values through the palette. */
export function applyPalette(values: VoxelArray, { first, entries }: Palette): Uint8Array {
  const out = new Uint8Array(values.length * 3);
  const last = entries.length / 3 - 1;
  for (let i = 0; i < values.length; i++) {
    const entry = 3 * Math.min(last, Math.max(0, (values[i] ?? 0) - first));
    out[3 * i] = entries[entry] ?? 0;
    out[3 * i + 1] = entries[entry + 1] ?? 0;
    out[3 * i + 2] = entries[entry + 2] ?? 0;
  }
  return out;
}
