import { tooLarge } from "./fail.ts";

/** What a reader will take; every number is checked by arithmetic on the declared sizes before anything is allocated. */
export interface Limits {
  /** All files of one call together, as they arrive. */
  readonly fileBytes: number;
  /** After inflating. */
  readonly expandedBytes: number;
  /** Inflated : deflated, beyond the first 16 MiB. */
  readonly expansionRatio: number;
  /** Rows × columns of one frame. */
  readonly framePixels: number;
  readonly frames: number;
  /** Columns × rows × slices. */
  readonly voxels: number;
  readonly dicomElements: number;
  readonly dicomItems: number;
  readonly dicomDepth: number;
  /** One DICOM value other than pixel data. */
  readonly dicomValueBytes: number;
}

const MIB = 2 ** 20;

export const DEFAULT_LIMITS: Limits = {
  fileBytes: 512 * MIB,
  expandedBytes: 2048 * MIB,
  expansionRatio: 200,
  framePixels: 64e6,
  frames: 8192,
  voxels: 2 ** 30,
  dicomElements: 200_000,
  dicomItems: 100_000,
  dicomDepth: 32,
  dicomValueBytes: 16 * MIB,
};

/** Inflated size that `deflatedBytes` may reach. */
export const inflatedLimit = (deflatedBytes: number, limits: Limits): number =>
  Math.min(limits.expandedBytes, Math.max(16 * MIB, deflatedBytes * limits.expansionRatio));

/** Throws TooLarge when columns, rows, frames or their bytes pass a limit; all are positive integers here. */
export function checkGrid(
  what: string,
  { columns, rows, frames, bytesPerPixel }: { columns: number; rows: number; frames: number; bytesPerPixel: number },
  limits: Limits,
): void {
  check(`${what}: pixels of a frame`, columns * rows, limits.framePixels);
  check(`${what}: frames`, frames, limits.frames);
  check(`${what}: voxels`, columns * rows * frames, limits.voxels);
  check(`${what}: bytes`, columns * rows * frames * bytesPerPixel, limits.expandedBytes);
}

/** Throws TooLarge when `value` is over `limit`. */
export function check(what: string, value: number, limit: number): void {
  if (!(value <= limit)) throw tooLarge(what, value, limit);
}
