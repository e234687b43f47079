/** NIfTI files to volumes: voxels keep their order and type, the affine goes from RAS to LPS. */
import type { NamedWindow, Volume, VoxelArray } from "../../../core/image/volume.ts";
import { malformed } from "../../bytes/fail.ts";
import { inflatePrefix, inflateUpTo } from "../../bytes/inflate.ts";
import type { Limits } from "../../bytes/limits.ts";
import { guessModality, voxelsFromBytes } from "../../bytes/voxels.ts";
import { withoutAlpha } from "../picture/picture.ts";
import { NIFTI_HEADER_BYTES, type NiftiHeader, readNiftiHeader } from "./nifti-header.ts";

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
  return {
    size: header.size,
    channels,
    data,
    rescale: header.rescale,
    ijkToLps: header.ijkToLps,
    unit: "mm",
    ...guessModality(data, channels, header),
    inverted: false,
    windows: windowsOf(header),
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

function readVoxels(bytes: Uint8Array, { type, littleEndian }: NiftiHeader): { data: VoxelArray; channels: 1 | 3 } {
  if (type === "rgb24") return { data: bytes.slice(), channels: 3 };
  if (type === "rgba32") return { data: withoutAlpha(bytes, 4).data, channels: 3 };
  return { data: voxelsFromBytes(bytes, type, littleEndian), channels: 1 };
}

function windowsOf({ range }: NiftiHeader): NamedWindow[] {
  if (!range) return [];
  const [low, high] = range;
  return [{ name: "File range", center: (low + high + 1) / 2, width: high - low + 1 }];
}
