/** A declared raster (NRRD, MetaImage): its sizes are checked, then its voxels are read. */
import { guessModality } from "../../../core/image/modality.ts";
import type { Mat4, Vec3, Volume, VoxelArray } from "../../../core/image/volume.ts";
import { malformed } from "../../bytes/fail.ts";
import { inflateRange, type Wrapping } from "../../bytes/inflate.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { type VoxelType, voxelBytes, voxelsFromBytes } from "../../bytes/voxels.ts";

export interface Raster {
  readonly format: string;
  readonly size: Vec3;
  readonly channels: 1 | 3;
  /** Values from one voxel to the next along i, j and k, and from one channel to the next; dense when left out. */
  readonly strides?: Strides;
  /** All values of the file, where it holds more than are read. */
  readonly values?: number;
  /** The first value that is read; 0 when left out. */
  readonly first?: number;
  /** Bytes before the voxels once they are inflated; −1: the voxels are the last bytes of the file. */
  readonly skip?: number;
  readonly type: VoxelType;
  readonly littleEndian: boolean;
  readonly compression: Wrapping | undefined;
  readonly ijkToLps: Mat4;
  readonly unit: "mm" | "px";
  readonly warnings: readonly string[];
  /** Where the file says them; else values are modality values, and the modality is guessed. */
  readonly rescale?: Volume["rescale"];
  readonly modality?: string;
}

export interface Strides {
  readonly channel: number;
  readonly voxel: Vec3;
}

/** Says that a file holds more than the one volume that is read. */
export function volumeNotes(volumes: number, chosen: number): string[] {
  if (volumes <= 1) return [];
  const which = chosen === 0 ? "the first" : `number ${chosen + 1}`;
  return [`The file holds ${volumes} volumes: ${which} is read.`];
}

/** The header text is ASCII; longer ones are no header. */
export const HEADER_LIMIT = 65_536;

/** Bytes as characters 0 to 255. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Space-separated finite numbers of a header field. */
export function numbersOf(format: string, field: string, text: string | undefined): number[] {
  const values = (text ?? "")
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  if (!text?.trim() || !values.every(Number.isFinite)) throw malformed(format, field, "It is not a list of numbers.");
  return values;
}

/** Positive integer sizes of a header field. */
export function sizesOf(format: string, field: string, text: string | undefined): number[] {
  const values = numbersOf(format, field, text);
  if (!values.every((value) => Number.isInteger(value) && value >= 1))
    throw malformed(format, field, "Every size must be a positive integer.");
  return values;
}

/** Reads the voxels that follow a header; bytes behind them are ignored. */
export function readRaster(bytes: Uint8Array, raster: Raster, limits: Limits): Volume {
  const { format, size, channels, type, littleEndian, ijkToLps, unit } = raster;
  const [columns, rows, frames] = size;
  checkGrid(format, { columns, rows, frames, bytesPerPixel: channels * voxelBytes(type) }, limits);
  const strides = raster.strides && !isDense(raster, raster.strides) ? raster.strides : undefined;
  const stored = columns * rows * frames * channels;
  const range = strides
    ? { from: 0, length: (raster.values ?? stored) * voxelBytes(type) }
    : { from: (raster.first ?? 0) * voxelBytes(type), length: stored * voxelBytes(type) };
  check(`${format}: bytes`, range.length, limits.expandedBytes);
  const values = voxelsFromBytes(bodyOf(bytes, raster, range, limits), type, littleEndian);
  const data = strides ? gathered(values, raster, strides) : values;
  const rescale = raster.rescale ?? { slope: 1, intercept: 0 };
  const { warnings, modality } = raster;
  return {
    ...{ size, channels, data, rescale, ijkToLps, unit, inverted: false, windows: [] },
    ...(modality ? { modality, warnings } : guessModality(data, channels, { rescale, warnings })),
  };
}

/** True when the voxels that are read come first and in the order of a volume. */
function isDense({ size, channels }: Raster, { channel, voxel }: Strides): boolean {
  const [i, j, k] = [channels, channels * size[0], channels * size[0] * size[1]];
  const inOrder = voxel[0] === i && voxel[1] === j && (size[2] === 1 || voxel[2] === k);
  return inOrder && (channels === 1 || channel === 1);
}

/** The bytes of a range of values, inflated. */
function bodyOf(
  bytes: Uint8Array,
  raster: Raster,
  { from, length }: { from: number; length: number },
  limits: Limits,
): Uint8Array {
  const { format, compression, skip = 0 } = raster;
  if (skip < 0) {
    if (compression) throw malformed(format, "byte skip", "Only raw data can be counted from the end.");
    const all = Math.max(from + length, (raster.values ?? 0) * voxelBytes(raster.type));
    if (bytes.length < all) throw malformed(format, "data", `It has ${bytes.length} of ${all} bytes.`);
    return bytes.subarray(bytes.length - all + from, bytes.length - all + from + length);
  }
  const end = skip + from + length;
  if (compression) {
    check(`${format}: inflated bytes`, end, inflatedLimit(bytes.length, limits));
    return inflateRange(bytes, compression, { format, from: skip + from, length });
  }
  if (bytes.length < end) throw malformed(format, "data", `It has ${bytes.length} of ${end} bytes.`);
  return bytes.subarray(end - length, end);
}

/** Values in the order of a volume (channels, i, j, k) from any order of axes. */
function gathered(values: VoxelArray, { size, channels, first = 0 }: Raster, { channel, voxel }: Strides): VoxelArray {
  const [columns, rows, frames] = size;
  const out = values.slice(0, columns * rows * frames * channels);
  let to = 0;
  for (let k = 0; k < frames; k++)
    for (let j = 0; j < rows; j++)
      for (let i = 0; i < columns; i++) {
        const from = first + i * voxel[0] + j * voxel[1] + k * voxel[2];
        for (let c = 0; c < channels; c++) out[to++] = values[from + c * channel] ?? 0;
      }
  return out;
}
