/** A declared raster (NRRD, MetaImage): its sizes are checked, then its voxels are read. */
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { malformed } from "../../bytes/fail.ts";
import { inflatePrefix, type Wrapping } from "../../bytes/inflate.ts";
import { checkGrid, type Limits } from "../../bytes/limits.ts";
import { guessModality, type VoxelType, voxelBytes, voxelsFromBytes } from "../../bytes/voxels.ts";

export interface Raster {
  readonly format: string;
  readonly size: Vec3;
  readonly channels: 1 | 3;
  readonly type: VoxelType;
  readonly littleEndian: boolean;
  readonly compression: Wrapping | undefined;
  readonly ijkToLps: Mat4;
  readonly unit: "mm" | "px";
  readonly warnings: readonly string[];
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
  const { format, size, channels, type, littleEndian, compression, ijkToLps, unit } = raster;
  const [columns, rows, frames] = size;
  const bytesPerPixel = channels * voxelBytes(type);
  checkGrid(format, { columns, rows, frames, bytesPerPixel }, limits);
  const length = columns * rows * frames * bytesPerPixel;
  const body = compression ? inflatePrefix(bytes, compression, { format, length }) : bytes.subarray(0, length);
  if (body.length < length) throw malformed(format, "data", `It has ${body.length} of ${length} bytes.`);
  const data = voxelsFromBytes(body, type, littleEndian);
  const rescale = { slope: 1, intercept: 0 };
  return {
    ...{ size, channels, data, rescale, ijkToLps, unit, inverted: false, windows: [] },
    ...guessModality(data, channels, { rescale, warnings: raster.warnings }),
  };
}
