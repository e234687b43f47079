/** PNG files for masks, labelmaps and slices. */
import { encode } from "fast-png";
import type { Mask } from "../../../core/mask/mask.ts";

export interface PngImage {
  readonly width: number;
  readonly height: number;
  /** 8 or 16 bits a sample, by the array; 16-bit images have one channel. */
  readonly data: Uint8Array | Uint16Array;
  /** 1 = grey (default), 3 = RGB. */
  readonly channels?: 1 | 3;
  /** RGB of each 8-bit value: an indexed image, whose pixel values stay the numbers. */
  readonly palette?: readonly (readonly [number, number, number])[];
}

/** A grey, RGB or indexed PNG with the values as they are; throws RangeError when the sizes do not fit. */
export function writePng({ width, height, data, channels = 1, palette }: PngImage): Uint8Array<ArrayBuffer> {
  if (data.length !== width * height * channels)
    throw new RangeError(`Expected ${width * height * channels} samples, got ${data.length}.`);
  const depth = data instanceof Uint16Array ? 16 : 8;
  if (depth === 16 && (channels !== 1 || palette)) throw new RangeError("16-bit PNG is written with one grey channel.");
  const colours = palette && { palette: palette.map((colour) => [...colour]) };
  return new Uint8Array(encode({ width, height, data, channels, depth, ...colours }));
}

/** A mask as a grey image: 255 inside, 0 outside. */
export const writeMaskPng = ({ width, height, data }: Mask): Uint8Array<ArrayBuffer> =>
  writePng({ width, height, data: data.map((value) => (value ? 255 : 0)) });
