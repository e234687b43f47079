/** TIFF 6.0: the first picture of a file, in strips or tiles; grey of any depth from 8 bits, RGB and palette. */
import type { Volume, VoxelArray } from "../../../core/image/volume.ts";
import { swapBytes } from "../../bytes/bytes.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { inflateUpTo } from "../../bytes/inflate.ts";
import { checkGrid, type Limits } from "../../bytes/limits.ts";
import { type VoxelType, voxelsFromBytes } from "../../bytes/voxels.ts";
import { pictureVolume } from "./picture.ts";
import { expandLzw, unpackBits } from "./tiff-codecs.ts";
import { type Directory, readDirectory } from "./tiff-directory.ts";

const NARROW = "uncompressed, LZW, Deflate and PackBits TIFF";

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bytesPerSample: number;
  readonly type: VoxelType;
  readonly photometric: number;
  readonly compression: number;
  readonly differenced: boolean;
  /** Strips are tiles as wide as the picture. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
}

/** Reads the first picture. Throws UnsupportedFormat, MalformedFile naming the tag, or TooLarge. */
export function readTiff(bytes: Uint8Array, limits: Limits): Volume {
  const directory = readDirectory(bytes);
  const layout = readLayout(directory, limits);
  const pixels = readPixels(bytes, layout, directory.littleEndian);
  const { width, height, photometric } = layout;
  const warnings = directory.more ? ["The file holds further pictures: the first is read."] : [];
  if (photometric === 3) {
    const data = applyColourMap(pixels, directory.values(320), layout);
    return pictureVolume({ width, height, channels: 3, data }, warnings);
  }
  const values = voxelsFromBytes(pixels, layout.type, true);
  if (photometric === 2)
    return pictureVolume({ width, height, channels: 3, data: rgb(values, layout.samples) }, warnings);
  const volume = pictureVolume({ width, height, channels: 1, data: firstSamples(values, layout.samples) }, warnings);
  return { ...volume, inverted: photometric === 0 };
}

function readLayout(directory: Directory, limits: Limits): Layout {
  const { value } = directory;
  const [width, height] = [value(256, 0), value(257, 0)];
  if (width < 1 || height < 1) throw malformed("TIFF", "tag 256", "The picture has no size.");
  const [samples, bits, photometric] = [value(277, 1), value(258, 1), value(262, -1)];
  const type = typeOf(bits, value(339, 1));
  const planes = value(284, 1);
  const colours = photometric === 2 ? 3 : 1;
  if (samples < colours || samples > 4)
    throw malformed("TIFF", "tag 277", "It does not fit the photometric interpretation.");
  if (![0, 1, 2, 3].includes(photometric) || planes !== 1)
    throw unsupported("TIFF in another colour space or by planes", NARROW);
  const bytesPerSample = bits / 8;
  checkGrid("TIFF", { columns: width, rows: height, frames: 1, bytesPerPixel: samples * bytesPerSample }, limits);
  const tiles = readTiles(directory, { width, height });
  const bytesPerPixel = samples * bytesPerSample;
  checkGrid("TIFF tile", { columns: tiles.tileWidth, rows: tiles.tileHeight, frames: 1, bytesPerPixel }, limits);
  const differenced = value(317, 1) === 2;
  if (value(317, 1) > 2) throw unsupported("TIFF with a floating-point predictor", NARROW);
  return {
    ...{ width, height, samples, bytesPerSample, type, photometric, differenced },
    ...tiles,
    compression: value(259, 1),
  };
}

/** Where the strips or tiles lie; each must be there. */
function readTiles({ value, values }: Directory, { width, height }: { width: number; height: number }) {
  const tiled = values(324).length > 0;
  const tileWidth = tiled ? value(322, 0) : width;
  const tileHeight = tiled ? value(323, 0) : Math.min(height, value(278, height));
  if (tileWidth < 1 || tileHeight < 1) throw malformed("TIFF", "tag 278", "A strip or tile has no size.");
  const [offsets, counts] = tiled ? [values(324), values(325)] : [values(273), values(279)];
  const expected = Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight);
  if (offsets.length !== expected || counts.length !== expected)
    throw malformed("TIFF", tiled ? "tag 324" : "tag 273", `It must have ${expected} entries.`);
  return { tileWidth, tileHeight, offsets, counts };
}

function typeOf(bits: number, format: number): VoxelType {
  if (![8, 16, 32, 64].includes(bits)) throw unsupported(`TIFF of ${bits} bits a sample`, "TIFF of 8 bits and more");
  if (format === 3 && (bits === 32 || bits === 64)) return bits === 32 ? "float32" : "float64";
  if (format === 1 && bits !== 64) return bits === 8 ? "uint8" : bits === 16 ? "uint16" : "uint32";
  if (format === 2 && bits !== 64) return bits === 8 ? "int8" : bits === 16 ? "int16" : "int32";
  throw unsupported("TIFF of another sample format", "integer and floating-point TIFF");
}

/** All tiles put in place, little-endian. */
function readPixels(bytes: Uint8Array, layout: Layout, littleEndian: boolean): Uint8Array {
  const { width, height, samples, bytesPerSample, tileWidth, tileHeight, offsets, counts } = layout;
  const pixel = samples * bytesPerSample;
  const across = Math.ceil(width / tileWidth);
  let out: Uint8Array | undefined;
  for (const [n, offset] of offsets.entries()) {
    const [x, y] = [(n % across) * tileWidth, Math.floor(n / across) * tileHeight];
    const columns = Math.min(tileWidth, width - x);
    const rows = Math.min(tileHeight, height - y);
    const length = tileWidth * (across > 1 || tileWidth !== width ? tileHeight : rows) * pixel;
    if (offset + (counts[n] ?? 0) > bytes.length) throw malformed("TIFF", "tag 279", "A strip runs past the end.");
    const tile = expand(bytes.subarray(offset, offset + (counts[n] ?? 0)), layout.compression, length);
    if (tile.length < length) throw malformed("TIFF", "strip", `It has ${tile.length} of ${length} bytes.`);
    if (!littleEndian) swapBytes(tile, bytesPerSample);
    if (layout.differenced) undoDifferences(tile, layout);
    out ??= new Uint8Array(width * height * pixel);
    for (let row = 0; row < rows; row++)
      out.set(
        tile.subarray(row * tileWidth * pixel, (row * tileWidth + columns) * pixel),
        ((y + row) * width + x) * pixel,
      );
  }
  return out ?? new Uint8Array();
}

function expand(packed: Uint8Array, compression: number, length: number): Uint8Array {
  switch (compression) {
    case 1:
      return packed.slice(0, length);
    case 5:
      return expandLzw(packed, length);
    case 8:
    case 32946:
      return inflateUpTo(packed, "zlib", { format: "TIFF", length });
    case 32773:
      return unpackBits(packed, length);
    default:
      throw unsupported(`TIFF compression ${compression}`, NARROW);
  }
}

/** Horizontal differencing (TIFF 6.0, section 14): each sample is stored as its step from the pixel before. */
function undoDifferences(tile: Uint8Array, { tileWidth, samples, type, bytesPerSample }: Layout): void {
  if (type.startsWith("float")) throw unsupported("TIFF with differenced floating-point samples", NARROW);
  const aligned = tile.byteOffset % bytesPerSample === 0 ? tile : tile.slice();
  const length = aligned.length / bytesPerSample;
  const values =
    bytesPerSample === 1
      ? aligned
      : bytesPerSample === 2
        ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
        : new Uint32Array(aligned.buffer, aligned.byteOffset, length);
  const line = tileWidth * samples;
  for (let start = 0; start < values.length; start += line)
    for (let i = start + samples; i < start + line; i++) values[i] = (values[i] ?? 0) + (values[i - samples] ?? 0);
  if (aligned !== tile) tile.set(aligned);
}

function firstSamples(values: VoxelArray, samples: number): VoxelArray {
  return samples === 1 ? values : values.filter((_, i) => i % samples === 0);
}

function rgb(values: VoxelArray, samples: number): Uint8Array {
  const wide = values.BYTES_PER_ELEMENT > 1;
  if (wide && !(values instanceof Uint16Array)) throw unsupported("TIFF colour of another type than 8 or 16 bits");
  const out = new Uint8Array((values.length / samples) * 3);
  for (let i = 0, to = 0; i < values.length; i += samples)
    for (let c = 0; c < 3; c++) out[to++] = wide ? (values[i + c] ?? 0) >> 8 : (values[i + c] ?? 0);
  return out;
}

/** The colour map holds all reds, then all greens, then all blues, 16 bits each. */
function applyColourMap(indices: Uint8Array, map: readonly number[], { samples, bytesPerSample }: Layout): Uint8Array {
  if (map.length !== 768 || bytesPerSample !== 1 || samples !== 1)
    throw malformed("TIFF", "tag 320", "A palette picture has 8-bit pixels and 768 colour map entries.");
  const out = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++)
    for (let c = 0; c < 3; c++) out[3 * i + c] = (map[256 * c + (indices[i] ?? 0)] ?? 0) >> 8;
  return out;
}
