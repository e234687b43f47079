/** Strips and tiles of a TIFF to one array of samples, pixel after pixel (TIFF 6.0, sections 3, 7, 14, 15 and Technical Note 2). */
import type { VoxelArray } from "../../../core/image/volume.ts";
import { concatBytes, swapBytes } from "../../bytes/bytes.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { inflateUpTo } from "../../bytes/inflate.ts";
import { voxelsFromBytes } from "../../bytes/voxels.ts";
import { saysColour, withAdobeRgb } from "../../codecs/jpeg-colour.ts";
import { readJpegHeader } from "../../codecs/jpeg-header.ts";
import { decodeWithWasm, type WasmSource } from "../../codecs/wasm.ts";
import { expandLzw, unpackBits } from "./tiff-codecs.ts";
import type { Directory } from "./tiff-directory.ts";
import { type Layout, READ } from "./tiff-layout.ts";

interface Packed {
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  readonly directory: Directory;
  readonly wasm: WasmSource | undefined;
}

/** One strip or tile of unpacked samples, and where it belongs. */
interface Tile {
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
  readonly plane: number;
}

/** All samples of a picture, interleaved, in an array of their type. */
export async function readSamples(packed: Packed): Promise<VoxelArray> {
  const { layout } = packed;
  const { width, height, samples, planar, type, offsets } = layout;
  const width1 = sampleBytes(layout);
  let out: Uint8Array | undefined;
  for (const n of offsets.keys()) {
    const tile = tileOf(layout, n);
    const data = await readTile(packed, n, tile);
    out ??= new Uint8Array(width * height * samples * width1);
    if (planar) placePlane(out, data, tile, layout);
    else placeRows(out, data, tile, layout);
  }
  return voxelsFromBytes(out ?? new Uint8Array(), type, true);
}

const sampleBytes = ({ bits }: Layout) => Math.ceil(bits / 8);

/** Samples of a pixel within one tile. */
const tileSamples = ({ planar, samples }: Layout) => (planar ? 1 : samples);

function tileOf({ width, height, tileWidth, tileHeight }: Layout, n: number): Tile {
  const across = Math.ceil(width / tileWidth);
  const perPlane = across * Math.ceil(height / tileHeight);
  const [place, plane] = [n % perPlane, Math.floor(n / perPlane)];
  const [x, y] = [(place % across) * tileWidth, Math.floor(place / across) * tileHeight];
  return { x, y, plane, columns: Math.min(tileWidth, width - x), rows: Math.min(tileHeight, height - y) };
}

async function readTile({ bytes, layout, directory, wasm }: Packed, n: number, tile: Tile): Promise<Uint8Array> {
  const [offset = 0, count = 0] = [layout.offsets[n], layout.counts[n]];
  if (offset + count > bytes.length) throw malformed("TIFF", "tag 279", "A strip runs past the end.");
  const body = bytes.subarray(offset, offset + count);
  if (layout.compression === 7) return decodeJpegTile(body, { layout, directory, tile, wasm });
  // Tiles are whole, also where they reach past the picture; the last strip is as long as what is left.
  const rows = layout.tileWidth === layout.width ? tile.rows : layout.tileHeight;
  const line = Math.ceil((layout.tileWidth * tileSamples(layout) * layout.bits) / 8);
  const data = expand(body, layout.compression, rows * line);
  if (data.length < rows * line) throw malformed("TIFF", "strip", `It has ${data.length} of ${rows * line} bytes.`);
  if (layout.bits < 8) return unpackSmall(data, layout, rows);
  if (layout.predictor === 3) return undoFloatDifferences(data, layout);
  if (!directory.littleEndian) swapBytes(data, sampleBytes(layout));
  if (layout.predictor === 2) undoDifferences(data, layout);
  if (layout.predictor > 3) throw unsupported("TIFF with an unknown predictor", READ);
  return data;
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
      throw unsupported(`TIFF compression ${compression}`, READ);
  }
}

/** A JPEG without its tables, which stand once in tag 347. */
async function decodeJpegTile(
  body: Uint8Array,
  { layout, directory, tile, wasm }: Omit<Packed, "bytes"> & { tile: Tile },
): Promise<Uint8Array> {
  const tables = Uint8Array.from(directory.values(347));
  const whole = tables.length > 4 ? concatBytes([tables.subarray(0, tables.length - 2), body.subarray(2)]) : body;
  const stream = layout.photometric === 2 && !layout.planar && !saysColour(whole) ? withAdobeRgb(whole) : whole;
  const { width, height, components, precision } = readJpegHeader(stream);
  const { tileWidth, tileHeight } = layout;
  if (precision !== 8 || layout.bits !== 8) throw unsupported("TIFF with JPEG of more than 8 bits", READ);
  const fits = width >= tile.columns && width <= tileWidth && height >= tile.rows && height <= tileHeight;
  if (!fits || components !== tileSamples(layout)) throw malformed("TIFF", "strip", "Its JPEG has another size.");
  const decoded = await decodeWithWasm("JPEG", stream, wasm);
  if (width === tileWidth) return decoded.bytes;
  const out = new Uint8Array(tileWidth * height * components);
  const line = width * components;
  for (let y = 0; y < height; y++)
    out.set(decoded.bytes.subarray(y * line, (y + 1) * line), y * tileWidth * components);
  return out;
}

/** Samples of 1, 2 or 4 bits, each line on a byte of its own, to bytes that keep their values. */
function unpackSmall(data: Uint8Array, layout: Layout, rows: number): Uint8Array {
  const perLine = layout.tileWidth * tileSamples(layout);
  const line = Math.ceil((perLine * layout.bits) / 8);
  const out = new Uint8Array(rows * perLine);
  for (let y = 0; y < rows; y++)
    for (let i = 0; i < perLine; i++) {
      const bit = i * layout.bits;
      const shift = 8 - layout.bits - (bit & 7);
      out[y * perLine + i] = ((data[y * line + (bit >> 3)] ?? 0) >> shift) & (2 ** layout.bits - 1);
    }
  return out;
}

/** Horizontal differencing (section 14): each sample is stored as its step from the pixel before. */
function undoDifferences(tile: Uint8Array, layout: Layout): void {
  if (layout.type.startsWith("float")) throw unsupported("TIFF with differenced floating-point samples", READ);
  const width = sampleBytes(layout);
  const aligned = tile.byteOffset % width === 0 ? tile : tile.slice();
  const length = Math.floor(aligned.length / width);
  const values =
    width === 1
      ? aligned
      : width === 2
        ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
        : new Uint32Array(aligned.buffer, aligned.byteOffset, length);
  const samples = tileSamples(layout);
  const line = layout.tileWidth * samples;
  for (let start = 0; start < values.length; start += line)
    for (let i = start + samples; i < start + line; i++) values[i] = (values[i] ?? 0) + (values[i - samples] ?? 0);
  if (aligned !== tile) tile.set(aligned);
}

/** Technical Note 3: the bytes of a line by significance, most significant first, differenced; becomes little-endian. */
function undoFloatDifferences(data: Uint8Array, layout: Layout): Uint8Array {
  const [width, samples] = [sampleBytes(layout), tileSamples(layout)];
  const values = layout.tileWidth * samples;
  const line = values * width;
  const out = new Uint8Array(data.length);
  for (let start = 0; start + line <= data.length; start += line) {
    for (let i = start + samples; i < start + line; i++) data[i] = (data[i] ?? 0) + (data[i - samples] ?? 0);
    for (let n = 0; n < values; n++)
      for (let byte = 0; byte < width; byte++)
        out[start + n * width + (width - 1 - byte)] = data[start + byte * values + n] ?? 0;
  }
  return out;
}

function placeRows(out: Uint8Array, data: Uint8Array, { x, y, columns, rows }: Tile, layout: Layout): void {
  const pixel = layout.samples * sampleBytes(layout);
  const line = layout.tileWidth * pixel;
  for (let row = 0; row < rows; row++)
    out.set(data.subarray(row * line, row * line + columns * pixel), ((y + row) * layout.width + x) * pixel);
}

function placePlane(out: Uint8Array, data: Uint8Array, tile: Tile, layout: Layout): void {
  const bytes = sampleBytes(layout);
  for (let row = 0; row < tile.rows; row++)
    for (let column = 0; column < tile.columns; column++) {
      const from = (row * layout.tileWidth + column) * bytes;
      const pixel = (tile.y + row) * layout.width + tile.x + column;
      out.set(data.subarray(from, from + bytes), (pixel * layout.samples + tile.plane) * bytes);
    }
}
