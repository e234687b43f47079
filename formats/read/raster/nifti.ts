/** NIfTI files to volumes: voxels keep their order and type, the affine goes from RAS to LPS. */
import { guessModality } from "../../../core/image/modality.ts";
import type { NamedWindow, Vec3, Volume, VoxelArray } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { inflateRange, inflateUpTo } from "../../bytes/inflate.ts";
import { check, DEFAULT_LIMITS, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { voxelsFromBytes } from "../../bytes/voxels.ts";
import { withoutAlpha } from "../picture/picture.ts";
import type { DataFile } from "./data-file.ts";
import { NIFTI_HEADER_BYTES, type NiftiHeader, readNiftiHeader } from "./nifti-header.ts";
import { volumeNotes } from "./raster.ts";

export const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Reads a `.nii` or `.nii.gz`, or a `.hdr` with its `.img` (`data`); of several volumes the one of this number, from 0. Throws
 * MalformedFile, UnsupportedFormat or TooLarge.
 */
export function readNifti(
  bytes: Uint8Array,
  limits: Limits,
  { data, volume = 0 }: { data?: Uint8Array | undefined; volume?: number } = {},
): Volume {
  const header = readNiftiHeader(headerBytes(bytes), limits);
  if (header.pair && !data) throw unsupported("a NIfTI header without its .img file", ".hdr and .img together");
  if (!header.pair) checkExtensions(rangeOf(bytes, { from: 0, length: header.offset }, limits), header);
  const length = voxelBytesOf(header);
  const range = { from: header.offset + volume * length, length };
  const { data: voxels, channels } = readVoxels(rangeOf(header.pair && data ? data : bytes, range, limits), header);
  const warnings = [...volumeNotes(header.volumes, volume), ...header.warnings];
  return {
    size: header.size,
    channels,
    data: voxels,
    rescale: header.rescale,
    ijkToLps: header.ijkToLps,
    unit: "mm",
    ...guessModality(voxels, channels, { ...header, warnings }),
    inverted: false,
    windows: windowsOf(header),
  };
}

const voxelBytesOf = ({ size, bytesPerVoxel }: NiftiHeader) => size[0] * size[1] * size[2] * bytesPerVoxel;

/** What a pair's header wants of its data file; undefined for a single file. */
export function niftiData(bytes: Uint8Array): DataFile | undefined {
  const header = readNiftiHeader(headerBytes(bytes), DEFAULT_LIMITS);
  return header.pair ? { length: header.offset + voxelBytesOf(header) * header.volumes } : undefined;
}

/** How many volumes of which size a header declares. */
export function niftiVolumes(bytes: Uint8Array): { size: Vec3; count: number } {
  const { size, volumes } = readNiftiHeader(headerBytes(bytes), DEFAULT_LIMITS);
  return { size, count: volumes };
}

/** Every volume of a single file; what is compressed is inflated once. Throws as `readNifti` does. */
export function readNiftiVolumes(bytes: Uint8Array, limits: Limits): readonly Volume[] {
  const header = readNiftiHeader(headerBytes(bytes), limits);
  if (header.pair || header.volumes === 1) return [readNifti(bytes, limits)];
  const length = header.offset + header.volumes * voxelBytesOf(header);
  const file = rangeOf(bytes, { from: 0, length }, limits);
  return Array.from({ length: header.volumes }, (_, volume) => readNifti(file, limits, { volume }));
}

/** A part of a file, inflated when it is compressed. */
function rangeOf(bytes: Uint8Array, { from, length }: { from: number; length: number }, limits: Limits): Uint8Array {
  const end = from + length;
  if (isGzip(bytes)) {
    check("NIfTI: inflated bytes", end, inflatedLimit(bytes.length, limits));
    return inflateRange(bytes, "gzip", { format: "NIfTI", from, length });
  }
  if (bytes.length < end) throw malformed("NIfTI", "data", `It has ${bytes.length} of ${end} bytes.`);
  return bytes.subarray(from, end);
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
