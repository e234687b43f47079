/** NIfTI files to volumes: voxels keep their order and type, the affine goes from RAS to LPS. */
import type { NamedWindow, Volume, VoxelArray } from "../core/volume.ts";
import { swapBytes } from "./dicom/samples.ts";
import { malformed } from "./fail.ts";
import { inflatePrefix, inflateUpTo } from "./inflate.ts";
import type { Limits } from "./limits.ts";
import { NIFTI_HEADER_BYTES, type NiftiHeader, type NiftiType, readNiftiHeader } from "./nifti-header.ts";
import { withoutAlpha } from "./picture.ts";

export const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Reads a `.nii` or `.nii.gz`; of several volumes the first. Throws MalformedFile, UnsupportedFormat or TooLarge. */
export function readNifti(bytes: Uint8Array, limits: Limits): Volume {
  const header = readNiftiHeader(headerBytes(bytes), limits);
  const voxels = header.size[0] * header.size[1] * header.size[2];
  const end = header.offset + voxels * header.bytesPerVoxel;
  const file = isGzip(bytes) ? inflatePrefix(bytes, "gzip", { format: "NIfTI", length: end }) : bytes;
  if (file.length < end) throw malformed("NIfTI", "data", `It has ${file.length} of ${end} bytes.`);
  checkExtensions(file, header);
  const { data, channels } = readVoxels(file.subarray(header.offset, end), header);
  const hounsfield = channels === 1 && looksLikeHounsfield(data, header);
  return {
    size: header.size,
    channels,
    data,
    rescale: header.rescale,
    ijkToLps: header.ijkToLps,
    unit: "mm",
    modality: hounsfield ? "CT" : "OT",
    inverted: false,
    windows: windowsOf(header),
    warnings: hounsfield
      ? [...header.warnings, "Values look like Hounsfield units: the volume is taken as CT."]
      : header.warnings,
  };
}

/** Header bytes; of a compressed file no more is inflated than they need. */
export const headerBytes = (bytes: Uint8Array): Uint8Array =>
  isGzip(bytes) ? inflateUpTo(bytes, "gzip", { format: "NIfTI", length: NIFTI_HEADER_BYTES }) : bytes;

/** Extensions lie between the header and vox_offset, each with its own size (nifti1.h, "extended header"). */
function checkExtensions(file: Uint8Array, { offset, littleEndian }: NiftiHeader): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = view.getInt32(0, littleEndian) === 540 ? 540 : 348;
  if (offset < start + 12 || file[start] === 0) return;
  for (let at = start + 4; at + 8 <= offset; ) {
    const size = view.getInt32(at, littleEndian);
    if (size < 8 || size > offset - at)
      throw malformed("NIfTI", "esize", "An extension does not fit before the voxels.");
    at += size;
  }
}

const WIDTH: Record<NiftiType, number> = {
  uint8: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  rgb24: 1,
  rgba32: 1,
};

function readVoxels(bytes: Uint8Array, { type, littleEndian }: NiftiHeader): { data: VoxelArray; channels: 1 | 3 } {
  const own = bytes.slice(); // aligned, and not a view that keeps the whole file alive
  if (!littleEndian && WIDTH[type] > 1) swapBytes(own, WIDTH[type]);
  if (type === "rgb24") return { data: own, channels: 3 };
  if (type === "rgba32") return { data: withoutAlpha(own, 4).data, channels: 3 };
  return { data: arrayOf(own.buffer, type), channels: 1 };
}

function arrayOf(buffer: ArrayBuffer, type: Exclude<NiftiType, "rgb24" | "rgba32">): VoxelArray {
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

function windowsOf({ range }: NiftiHeader): NamedWindow[] {
  if (!range) return [];
  const [low, high] = range;
  return [{ name: "File range", center: (low + high + 1) / 2, width: high - low + 1 }];
}

/** NIfTI names no modality; only CT has air near −1000 and bone far above 0. */
function looksLikeHounsfield(data: VoxelArray, { rescale }: NiftiHeader): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const stored of data) {
    const value = stored * rescale.slope + rescale.intercept;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low >= -4096 && low <= -900 && high >= 200 && high <= 32_767;
}
