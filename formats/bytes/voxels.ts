/** Raw voxel bytes of the research formats (NIfTI, NRRD, MetaImage), which share their types. */
import { type Dtype, voxelsOf } from "../../core/image/dtype.ts";
import type { VoxelArray } from "../../core/image/volume.ts";
import { swapBytes } from "./bytes.ts";

/** What a volume keeps, and 64-bit integers, which it keeps as float64. */
export type VoxelType = Dtype | "int64" | "uint64";

/** Bytes of one value. */
export const voxelBytes = (type: VoxelType): number => Number(type.replace(/\D+/, "")) / 8;

/** Values in a new array, so that the file can be let go; 64-bit integers become float64. */
export function voxelsFromBytes(bytes: Uint8Array, type: VoxelType, littleEndian: boolean): VoxelArray {
  const own = bytes.slice();
  if (!littleEndian && voxelBytes(type) > 1) swapBytes(own, voxelBytes(type));
  return arrayOf(own.buffer, type);
}

function arrayOf(buffer: ArrayBuffer, type: VoxelType): VoxelArray {
  if (type === "int64") return Float64Array.from(new BigInt64Array(buffer), Number);
  if (type === "uint64") return Float64Array.from(new BigUint64Array(buffer), Number);
  return voxelsOf(type, buffer);
}
