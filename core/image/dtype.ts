/** Types of stored values by their numpy name: the one table of them. */
import type { VoxelArray } from "./volume.ts";

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export type Dtype = keyof typeof ARRAYS;

export const isDtype = (name: string): name is Dtype => Object.hasOwn(ARRAYS, name);

/** Bytes of one value. */
export const dtypeBytes = (dtype: Dtype): number => ARRAYS[dtype].BYTES_PER_ELEMENT;

/** The type of an array's values. */
export function dtypeOf(data: VoxelArray): Dtype {
  const found = Object.entries(ARRAYS).find(([, array]) => data instanceof array);
  if (!found) throw new RangeError("Voxels must be one of the eight numeric arrays.");
  return found[0] as Dtype; // entries() loses the key type
}

/** A view of little-endian bytes as stored values, without a copy. `bytes` must be the whole. */
export function voxelsOf(dtype: Dtype, bytes: ArrayBuffer): VoxelArray {
  return new ARRAYS[dtype](bytes);
}

const BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The bytes of a typed array, little-endian, without a copy. Throws on a big-endian machine, which we do not support. */
export function littleEndianBytes(data: VoxelArray): Uint8Array {
  if (BIG_ENDIAN) throw new RangeError("This machine is big-endian; voxels are kept little-endian.");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
