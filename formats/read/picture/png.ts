/** PNG (W3C PNG 3): the header and the inflated size are checked here, fast-png does the rest. 16 bits stay 16 bits. */
import { type DecodedPng, decode } from "fast-png";
import type { Volume } from "../../../core/image/volume.ts";
import { concatBytes } from "../../bytes/bytes.ts";
import { guarded, malformed } from "../../bytes/fail.ts";
import { checkInflatedLength } from "../../bytes/inflate.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { type Orientation, oriented, readOrientation, TURNED_WARNING } from "./orientation.ts";
import { ALPHA_WARNING, eightBitColour, pictureVolume, withoutAlpha } from "./picture.ts";

export const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

/** Samples per pixel by colour type; bit depths that the standard allows (table 12). */
const COLOUR: Record<number, { samples: number; depths: readonly number[] }> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};

/** Adam7 passes: first column, first row, column step, row step. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Reads a PNG; of an animation the default image. With `numbers` the pixels of an indexed picture are its indices, in place
 * of their colours. Throws MalformedFile naming the chunk, or TooLarge.
 */
export function readPng(bytes: Uint8Array, limits: Limits, { numbers = false } = {}): Volume {
  const chunks = readChunks(bytes);
  const header = readHeader(chunks);
  const samples = COLOUR[header.colour]?.samples ?? 1;
  const bytesPerPixel = (header.colour === 3 ? 3 : samples) * (header.depth === 16 ? 2 : 1);
  checkGrid("PNG", { columns: header.width, rows: header.height, frames: 1, bytesPerPixel }, limits);
  const decodedBytes = header.width * header.height * bytesPerPixel;
  check("PNG: decoded bytes", decodedBytes, inflatedLimit(bytes.length, limits));
  const data = concatBytes(chunks.filter(({ type }) => type === "IDAT").map(({ payload }) => payload));
  checkInflatedLength(data, "zlib", "PNG", scanlineBytes(header, samples));
  const decoded = guarded("PNG", "IDAT", () => decode(essential(bytes, chunks)));
  const exif = chunks.find(({ type }) => type === "eXIf");
  return upright(toVolume(decoded, header, numbers), exif ? readOrientation(exif.payload) : 1);
}

/** PNG 3, 11.3.4.5: the eXIf chunk may say how the picture is meant to lie. */
function upright(volume: Volume, orientation: Orientation): Volume {
  if (orientation === 1) return volume;
  const [width, height] = volume.size;
  const turned = oriented({ width, height, channels: volume.channels, data: volume.data }, orientation);
  return {
    ...volume,
    size: [turned.width, turned.height, 1],
    data: turned.data,
    warnings: [...volume.warnings, TURNED_WARNING],
  };
}

interface Chunk {
  readonly type: string;
  readonly payload: Uint8Array;
  /** Length, type, payload and CRC as they stand in the file. */
  readonly raw: Uint8Array;
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = PNG_MAGIC.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) throw malformed("PNG", "chunk length", "A chunk runs past the end.");
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ type, payload: bytes.subarray(at + 8, at + 8 + length), raw: bytes.subarray(at, at + 12 + length) });
    at += 12 + length;
    if (type === "IEND") return chunks;
  }
  throw malformed("PNG", "IEND", "The file ends before it.");
}

function readHeader([first]: readonly Chunk[]): Header {
  if (first?.type !== "IHDR" || first.payload.length !== 13) throw malformed("PNG", "IHDR", "It is missing.");
  const view = new DataView(first.payload.buffer, first.payload.byteOffset, 13);
  const [width, height, depth, colour] = [view.getUint32(0), view.getUint32(4), view.getUint8(8), view.getUint8(9)];
  if (width === 0 || height === 0) throw malformed("PNG", "IHDR", "The picture has no size.");
  if (!COLOUR[colour]?.depths.includes(depth))
    throw malformed("PNG", "IHDR", "Its colour type and bit depth do not fit.");
  if (view.getUint8(10) !== 0 || view.getUint8(11) !== 0 || view.getUint8(12) > 1)
    throw malformed("PNG", "IHDR", "Unknown compression, filter or interlace method.");
  return { width, height, depth, colour, interlaced: view.getUint8(12) === 1 };
}

/** What the IDAT stream must inflate to: for each line one filter byte and the packed samples. */
function scanlineBytes({ width, height, depth, interlaced }: Header, samples: number): number {
  const pass = (columns: number, rows: number) =>
    columns > 0 && rows > 0 ? rows * (1 + Math.ceil((columns * samples * depth) / 8)) : 0;
  if (!interlaced) return pass(width, height);
  return ADAM7.reduce(
    (sum, [x, y, dx, dy]) => sum + pass(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
    0,
  );
}

/** The file without optional chunks: compressed profiles and texts inflate without bound in the decoder. */
function essential(bytes: Uint8Array, chunks: readonly Chunk[]): Uint8Array {
  const kept = chunks.filter(({ type }) => ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"].includes(type));
  return concatBytes([bytes.subarray(0, PNG_MAGIC.length), ...kept.map(({ raw }) => raw)]);
}

function toVolume(decoded: DecodedPng, { width, height, depth, colour }: Header, numbers: boolean): Volume {
  if (colour === 3 && numbers) {
    const data = indices(new Uint8Array(decoded.data), { width, height, depth });
    return pictureVolume({ width, height, channels: 1, data });
  }
  if (colour === 3) return indexed(decoded, { width, height, depth });
  const wide = decoded.data instanceof Uint16Array ? decoded.data : undefined;
  const samples = wide ?? unpacked(new Uint8Array(decoded.data), { width, height, depth, channels: decoded.channels });
  const { channels } = decoded;
  const plain = channels === 2 || channels === 4 ? withoutAlpha(samples, channels) : { data: samples, opaque: true };
  const warnings = plain.opaque ? [] : [ALPHA_WARNING];
  if (channels <= 2) return pictureVolume({ width, height, channels: 1, data: plain.data }, warnings);
  const { data, warning } = eightBitColour(plain.data);
  return pictureVolume({ width, height, channels: 3, data }, warning ? [...warnings, warning] : warnings);
}

/** Grey of 1, 2 or 4 bits: stored values spread over 0 to 255. */
function unpacked(
  data: Uint8Array,
  { width, height, depth, channels }: { width: number; height: number; depth: number; channels: number },
): Uint8Array {
  if (depth === 8 || channels !== 1) return data;
  const scale = 255 / (2 ** depth - 1);
  return indices(data, { width, height, depth }).map((value) => value * scale);
}

/** One byte a pixel from packed lines. */
function indices(
  data: Uint8Array,
  { width, height, depth }: { width: number; height: number; depth: number },
): Uint8Array {
  if (depth === 8) return data;
  const line = Math.ceil((width * depth) / 8);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const shift = 8 - depth - (bit & 7);
      out[y * width + x] = ((data[y * line + (bit >> 3)] ?? 0) >> shift) & (2 ** depth - 1);
    }
  return out;
}

function indexed(decoded: DecodedPng, size: { width: number; height: number; depth: number }): Volume {
  const palette = decoded.palette ?? [];
  const pixels = indices(new Uint8Array(decoded.data), size);
  const data = new Uint8Array(pixels.length * 3);
  for (let i = 0; i < pixels.length; i++) {
    const entry = palette[pixels[i] ?? 0];
    if (!entry) throw malformed("PNG", "PLTE", "A pixel points past the palette.");
    data.set(entry.slice(0, 3), 3 * i);
  }
  return pictureVolume({ width: size.width, height: size.height, channels: 3, data });
}
