/** Bytes to stored values: byte order, packed bits, unused high bits, sign. */
import type { VoxelArray } from "../../../core/image/volume.ts";
import { swapBytes } from "../../bytes/bytes.ts";
import type { ImageHeader } from "./header.ts";

/** The array that holds stored values of this image without loss; colour is narrowed to bytes later. */
export function storedArray(
  header: Pick<ImageHeader, "sample" | "bitsAllocated" | "signed">,
  length: number,
): VoxelArray {
  if (header.sample === "float32") return new Float32Array(length);
  if (header.sample === "float64") return new Float64Array(length);
  if (header.bitsAllocated <= 8) return header.signed ? new Int8Array(length) : new Uint8Array(length);
  if (header.bitsAllocated === 16) return header.signed ? new Int16Array(length) : new Uint16Array(length);
  return header.signed ? new Int32Array(length) : new Uint32Array(length);
}

/** Copies little- or big-endian bytes into an array of the image's type. `bytes` hold exactly `length` values. */
export function valuesFromBytes(
  bytes: Uint8Array,
  header: ImageHeader,
  { length, swap }: { length: number; swap: number },
): VoxelArray {
  const values = storedArray(header, length);
  const target = new Uint8Array(values.buffer);
  target.set(bytes.subarray(0, target.length));
  if (swap > 1) swapBytes(target, swap);
  if (header.sample === "integer") keepStoredBits(values, header);
  return values;
}

/** Packed bits, least significant first (PS3.5 §8.1.1), to one byte a value. */
export function unpackBits(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return out;
}

/** Drops what old writers put beside the stored bits (overlays) and extends the sign, in place. */
function keepStoredBits(values: VoxelArray, { bitsAllocated, bitsStored, highBit, signed }: ImageHeader): void {
  if (bitsStored === bitsAllocated) return;
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (signed) for (let i = 0; i < values.length; i++) values[i] = ((values[i] ?? 0) << left) >> right;
  else for (let i = 0; i < values.length; i++) values[i] = ((values[i] ?? 0) << left) >>> right;
}

/**
 * Samples of a decoded codestream as stored values. A codestream of `precision` bits that does not say that it is signed
 * carries two's complement when the data set is signed.
 */
export function valuesFromCodestream(
  bytes: Uint8Array<ArrayBuffer>,
  { precision, signed }: { precision: number; signed: boolean },
  header: ImageHeader,
): VoxelArray {
  const raw = typedSamples(bytes, precision > 8, signed);
  const extend = header.signed && !signed;
  const sameType = raw.BYTES_PER_ELEMENT * 8 === Math.max(8, header.bitsAllocated) && signed === header.signed;
  if (sameType) return raw;
  const values = storedArray(header, raw.length);
  const shift = 32 - precision;
  for (let i = 0; i < raw.length; i++) values[i] = extend ? ((raw[i] ?? 0) << shift) >> shift : (raw[i] ?? 0);
  return values;
}

function typedSamples(bytes: Uint8Array<ArrayBuffer>, wide: boolean, signed: boolean): VoxelArray {
  if (!wide) return signed ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  const length = bytes.length >> 1;
  return signed
    ? new Int16Array(bytes.buffer, bytes.byteOffset, length)
    : new Uint16Array(bytes.buffer, bytes.byteOffset, length);
}
