/** Raw voxel bytes of the research formats (NIfTI, NRRD, MetaImage), which share their types. */
import type { VoxelArray } from "../../core/image/volume.ts";
import { swapBytes } from "./bytes.ts";

export type VoxelType =
  | "uint8"
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64";

/** Bytes of one value. */
export const voxelBytes = (type: VoxelType): number => Number(type.replace(/\D+/, "")) / 8;

/** Values in a new array, so that the file can be let go; 64-bit integers become float64. */
export function voxelsFromBytes(bytes: Uint8Array, type: VoxelType, littleEndian: boolean): VoxelArray {
  const own = bytes.slice();
  if (!littleEndian && voxelBytes(type) > 1) swapBytes(own, voxelBytes(type));
  return arrayOf(own.buffer, type);
}

function arrayOf(buffer: ArrayBuffer, type: VoxelType): VoxelArray {
  switch (type) {
    case "uint8":
      return new Uint8Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer), Number);
    default:
      return type satisfies never;
  }
}
