/** Raw voxel bytes of the research formats (NIfTI, NRRD, MetaImage), which share their types and their silence on modality. */
import { type Dtype, voxelsOf } from "../../core/image/dtype.ts";
import type { Volume, VoxelArray } from "../../core/image/volume.ts";
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

/** These formats name no modality: a volume of Hounsfield units is taken as CT, with a warning. */
export function guessModality(
  data: VoxelArray,
  channels: 1 | 3,
  { rescale, warnings }: Pick<Volume, "rescale" | "warnings">,
): Pick<Volume, "modality" | "warnings"> {
  if (channels === 3 || !looksLikeHounsfield(data, rescale)) return { modality: "OT", warnings };
  return { modality: "CT", warnings: [...warnings, "Values look like Hounsfield units: the volume is taken as CT."] };
}

/** Enough voxels to meet air and bone in. */
const MAX_SAMPLES = 4_000_000;

/** Only CT has air near −1000 and bone far above 0. */
function looksLikeHounsfield(data: VoxelArray, { slope, intercept }: Volume["rescale"]): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const step = Math.ceil(data.length / MAX_SAMPLES);
  for (let i = 0; i < data.length; i += step) {
    const value = (data[i] ?? 0) * slope + intercept;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low >= -4096 && low <= -900 && high >= 200 && high <= 32_767;
}
