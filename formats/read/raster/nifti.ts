/** NIfTI files to volumes: voxels keep their order and type, the affine goes from RAS to LPS. */
import { guessModality } from "../../../core/image/modality.ts";
import type { NamedWindow, Volume, VoxelArray } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { inflatePrefix, inflateUpTo } from "../../bytes/inflate.ts";
import { check, DEFAULT_LIMITS, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { voxelsFromBytes } from "../../bytes/voxels.ts";
import { withoutAlpha } from "../picture/picture.ts";
import type { DataFile } from "./data-file.ts";
import { NIFTI_HEADER_BYTES, type NiftiHeader, readNiftiHeader } from "./nifti-header.ts";

export const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Reads a `.nii` or `.nii.gz`, or a `.hdr` with its `.img`; of several volumes the first. Throws MalformedFile, UnsupportedFormat or TooLarge. */
export function readNifti(bytes: Uint8Array, limits: Limits, data?: Uint8Array): Volume {
  const header = readNiftiHeader(headerBytes(bytes), limits);
  if (header.pair && !data) throw unsupported("a NIfTI header without its .img file", ".hdr and .img together");
  const end = header.offset + voxelBytesOf(header);
  const file = prefixOf(header.pair && data ? data : bytes, end, limits);
  if (!header.pair) checkExtensions(file, header);
  const { data: voxels, channels } = readVoxels(file.subarray(header.offset, end), header);
  return {
    size: header.size,
    channels,
    data: voxels,
    rescale: header.rescale,
    ijkToLps: header.ijkToLps,
    unit: "mm",
    ...guessModality(voxels, channels, header),
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

/** The first bytes of a file, inflated when it is compressed. */
function prefixOf(bytes: Uint8Array, length: number, limits: Limits): Uint8Array {
  if (isGzip(bytes)) {
    check("NIfTI: inflated bytes", length, inflatedLimit(bytes.length, limits));
    return inflatePrefix(bytes, "gzip", { format: "NIfTI", length });
  }
  if (bytes.length < length) throw malformed("NIfTI", "data", `It has ${bytes.length} of ${length} bytes.`);
  return bytes;
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
