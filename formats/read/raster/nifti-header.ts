/** NIfTI-1 and NIfTI-2 headers (nifti1.h, nifti2.h), every field that we use checked before it is believed. */
import { affineRasToLps } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { checkGrid, type Limits } from "../../bytes/limits.ts";
import type { VoxelType } from "../../bytes/voxels.ts";

export type NiftiType = VoxelType | "rgb24" | "rgba32";

export interface NiftiHeader {
  readonly littleEndian: boolean;
  /** The voxels lie in a file of their own (.hdr and .img). */
  readonly pair: boolean;
  readonly size: Vec3;
  /** Volumes along the fourth axis. */
  readonly volumes: number;
  readonly type: NiftiType;
  readonly bytesPerVoxel: number;
  /** Where the voxels start. */
  readonly offset: number;
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly ijkToLps: Mat4;
  /** Display range that the file proposes, in rescaled values. */
  readonly range?: readonly [number, number];
  readonly warnings: readonly string[];
}

const TYPES: Readonly<Record<number, readonly [NiftiType, number]>> = {
  2: ["uint8", 1],
  4: ["int16", 2],
  8: ["int32", 4],
  16: ["float32", 4],
  64: ["float64", 8],
  128: ["rgb24", 3],
  256: ["int8", 1],
  512: ["uint16", 2],
  768: ["uint32", 4],
  1024: ["int64", 8],
  1280: ["uint64", 8],
  2304: ["rgba32", 4],
};

/** Byte positions of the two versions and how to read their numbers. */
interface Fields {
  readonly version: 1 | 2;
  readonly headerBytes: number;
  readonly dim: (n: number) => number;
  readonly pixdim: (n: number) => number;
  readonly datatype: number;
  readonly bitpix: number;
  readonly voxOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly calMax: number;
  readonly calMin: number;
  readonly units: number;
  readonly qformCode: number;
  readonly sformCode: number;
  readonly quaternion: readonly number[];
  readonly qoffset: readonly number[];
  readonly srow: readonly number[];
}

/** Enough bytes for both versions and the extension flag. */
export const NIFTI_HEADER_BYTES = 544;

/** Version and byte order from the first four bytes. */
export function niftiVersion(bytes: Uint8Array): { version: 1 | 2; littleEndian: boolean } | undefined {
  if (bytes.length < 348) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const size = view.getInt32(0, littleEndian);
    if (size === 348 && bytes[344] === 0x6e && (bytes[345] === 0x2b || bytes[345] === 0x69))
      return { version: 1, littleEndian };
    if (size === 540 && bytes[4] === 0x6e) return { version: 2, littleEndian };
  }
  return undefined;
}

/** The older Analyze 7.5: the same sizes at the same places, no magic, no orientation, and a file of the header alone. */
export const isAnalyze = (bytes: Uint8Array): boolean => analyzeOrder(bytes) !== undefined;

function analyzeOrder(bytes: Uint8Array): { version: 1; littleEndian: boolean } | undefined {
  if (bytes.length !== 348) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const dimensions = view.getInt16(40, littleEndian);
    if (view.getInt32(0, littleEndian) === 348 && dimensions >= 1 && dimensions <= 7)
      return { version: 1, littleEndian };
  }
  return undefined;
}

/** `ni1` and `ni2` announce a pair, `n+1` and `n+2` a single file. */
const isPair = (bytes: Uint8Array, version: 1 | 2) => bytes[version === 1 ? 345 : 5] === 0x69;

/** Throws MalformedFile naming the header field, UnsupportedFormat or TooLarge. */
export function readNiftiHeader(bytes: Uint8Array, limits: Limits): NiftiHeader {
  const nifti = niftiVersion(bytes);
  const found = nifti ?? analyzeOrder(bytes);
  if (!found) throw malformed("NIfTI", "sizeof_hdr", "It is neither 348 nor 540, or the magic is missing.");
  const { version, littleEndian } = found;
  if (version === 2 && bytes.length < 540) throw malformed("NIfTI", "header", "The file ends inside it.");
  const pair = !nifti || isPair(bytes, version);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = version === 1 ? version1(view, littleEndian) : version2(view, littleEndian);
  // What NIfTI calls orientation and scale means other things in Analyze.
  const fields = nifti ? read : { ...read, qformCode: 0, sformCode: 0, slope: 0 };
  const warnings: string[] = [];
  const { size, volumes } = readSize(fields);
  const [type, bytesPerVoxel] = readType(fields);
  const [columns, rows, frames] = size;
  checkGrid("NIfTI dim", { columns, rows, frames, bytesPerPixel: bytesPerVoxel }, limits);
  const range = readRange(fields);
  return {
    littleEndian,
    pair,
    size,
    volumes,
    type,
    bytesPerVoxel,
    offset: readOffset(fields, pair, limits),
    rescale: readRescale(fields, warnings),
    ijkToLps: inMillimetres(affineRasToLps(readAffine(fields, size, warnings)), fields.units),
    ...(range && { range }),
    warnings,
  };
}

function version1(view: DataView, little: boolean): Fields {
  const floats = (at: number, n: number) => Array.from({ length: n }, (_, i) => view.getFloat32(at + 4 * i, little));
  return {
    version: 1,
    headerBytes: 348,
    dim: (n) => view.getInt16(40 + 2 * n, little),
    pixdim: (n) => view.getFloat32(76 + 4 * n, little),
    datatype: view.getInt16(70, little),
    bitpix: view.getInt16(72, little),
    voxOffset: view.getFloat32(108, little),
    slope: view.getFloat32(112, little),
    intercept: view.getFloat32(116, little),
    calMax: view.getFloat32(124, little),
    calMin: view.getFloat32(128, little),
    units: view.getUint8(123),
    qformCode: view.getInt16(252, little),
    sformCode: view.getInt16(254, little),
    quaternion: floats(256, 3),
    qoffset: floats(268, 3),
    srow: floats(280, 12),
  };
}

function version2(view: DataView, little: boolean): Fields {
  const doubles = (at: number, n: number) => Array.from({ length: n }, (_, i) => view.getFloat64(at + 8 * i, little));
  return {
    version: 2,
    headerBytes: 540,
    dim: (n) => Number(view.getBigInt64(16 + 8 * n, little)),
    pixdim: (n) => view.getFloat64(104 + 8 * n, little),
    datatype: view.getInt16(12, little),
    bitpix: view.getInt16(14, little),
    voxOffset: Number(view.getBigInt64(168, little)),
    slope: view.getFloat64(176, little),
    intercept: view.getFloat64(184, little),
    calMax: view.getFloat64(192, little),
    calMin: view.getFloat64(200, little),
    units: view.getInt32(500, little),
    qformCode: view.getInt32(344, little),
    sformCode: view.getInt32(348, little),
    quaternion: doubles(352, 3),
    qoffset: doubles(376, 3),
    srow: doubles(400, 12),
  };
}

function readSize(fields: Fields): { size: Vec3; volumes: number } {
  const used = fields.dim(0);
  if (!Number.isInteger(used) || used < 1 || used > 7) throw malformed("NIfTI", "dim[0]", "It must be 1 to 7.");
  const length = (n: number): number => {
    if (n > used) return 1;
    const value = fields.dim(n);
    if (value === 0 && n > 3) return 1; // some writers leave the axes beyond space at 0
    if (!(value >= 1)) throw malformed("NIfTI", `dim[${n}]`, "It must be at least 1.");
    return value;
  };
  for (let n = 5; n <= used; n++)
    if (length(n) !== 1) throw unsupported(`NIfTI with dim[${n}] over 1`, "NIfTI of up to four dimensions");
  return { size: [length(1), length(2), length(3)], volumes: length(4) };
}

function readType({ datatype, bitpix }: Fields): readonly [NiftiType, number] {
  const type = TYPES[datatype];
  if (!type) {
    if ([32, 1536, 1792, 2048].includes(datatype)) throw unsupported("NIfTI with complex or 128-bit values (datatype)");
    throw malformed("NIfTI", "datatype", "It is no known type.");
  }
  if (bitpix !== type[1] * 8) throw malformed("NIfTI", "bitpix", "It does not fit the datatype.");
  return type;
}

function readOffset({ voxOffset, headerBytes }: Fields, pair: boolean, limits: Limits): number {
  if (!Number.isInteger(voxOffset) || voxOffset < (pair ? 0 : headerBytes) || voxOffset > limits.fileBytes)
    throw malformed("NIfTI", "vox_offset", "It must lie behind the header and within the file.");
  return voxOffset;
}

/** As nibabel does: without a finite slope other than 0 the values are not scaled. */
function readRescale({ slope, intercept }: Fields, warnings: string[]) {
  if (!Number.isFinite(slope)) warnings.push("scl_slope is not a finite number: the stored values are not scaled.");
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  if (!Number.isFinite(intercept)) throw malformed("NIfTI", "scl_inter", "It is not a finite number.");
  return { slope, intercept };
}

function readRange({ calMin, calMax }: Fields): readonly [number, number] | undefined {
  return Number.isFinite(calMin) && Number.isFinite(calMax) && calMax - calMin >= 1 ? [calMin, calMax] : undefined;
}

/** Voxel → RAS: sform, else qform, else the voxel sizes alone (nifti1.h, "3D image orientation"). */
function readAffine(fields: Fields, size: Vec3, warnings: string[]): Mat4 {
  const sform: Mat4 = [...fields.srow, 0, 0, 0, 1];
  if (fields.sformCode > 0 && spansSpace(sform)) {
    if (!spacingOf(fields, size)) warnings.push("pixdim is not positive: it is passed over for the sform.");
    return sform;
  }
  if (fields.qformCode > 0) {
    const qform = fromQuaternion(fields, checkedSpacing(fields, size), warnings);
    if (!spansSpace(qform)) throw malformed("NIfTI", "quatern", "It does not span a space.");
    if (fields.sformCode > 0) warnings.push("The sform does not span a space: the qform is taken.");
    return qform;
  }
  if (fields.sformCode > 0) throw malformed("NIfTI", "srow", "It does not span a space.");
  warnings.push("The file has no orientation: its axes are taken as right, anterior, superior.");
  const [x, y, z] = checkedSpacing(fields, size);
  return [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
}

/** Voxel sizes; an axis of one voxel needs none. Undefined when one is not positive. */
function spacingOf(fields: Fields, size: Vec3): Vec3 | undefined {
  const at = (n: 1 | 2 | 3) => (fields.pixdim(n) === 0 && size[n - 1] === 1 ? 1 : fields.pixdim(n));
  const spacing: Vec3 = [at(1), at(2), at(3)];
  return spacing.every((value) => value > 0 && Number.isFinite(value)) ? spacing : undefined;
}

function checkedSpacing(fields: Fields, size: Vec3): Vec3 {
  const spacing = spacingOf(fields, size);
  if (spacing) return spacing;
  const bad = [1, 2, 3].find((n) => !(fields.pixdim(n) > 0 && Number.isFinite(fields.pixdim(n))));
  throw malformed("NIfTI", `pixdim[${bad ?? 1}]`, "It must be a positive number.");
}

/** The low three bits of xyzt_units: 1 = metres, 3 = micrometres, otherwise millimetres are meant. */
function inMillimetres(m: Mat4, units: number): Mat4 {
  const scale = (units & 7) === 1 ? 1000 : (units & 7) === 3 ? 0.001 : 1;
  return scale === 1 ? m : m.map((value, n) => (n < 12 ? value * scale : value));
}

/** Quaternions longer than 1 are shortened, as nifti1_io.c does (nifti_quatern_to_mat44). */
function fromQuaternion({ quaternion, qoffset, pixdim }: Fields, spacing: Vec3, warnings: string[]): Mat4 {
  const length = Math.hypot(...quaternion);
  const divisor = Math.max(1, length);
  if (length > 1 + 1e-4) warnings.push("The quaternion is longer than 1: it is shortened.");
  const [b = 0, c = 0, d = 0] = quaternion.map((value) => value / divisor);
  const [x = 0, y = 0, z = 0] = qoffset;
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  const [sx, sy] = spacing;
  const sz = spacing[2] * (pixdim(0) < 0 ? -1 : 1);
  return [
    ...[(a * a + b * b - c * c - d * d) * sx, 2 * (b * c - a * d) * sy, 2 * (b * d + a * c) * sz, x],
    ...[2 * (b * c + a * d) * sx, (a * a + c * c - b * b - d * d) * sy, 2 * (c * d - a * b) * sz, y],
    ...[2 * (b * d - a * c) * sx, 2 * (c * d + a * b) * sy, (a * a + d * d - b * b - c * c) * sz, z],
    ...[0, 0, 0, 1],
  ];
}

function spansSpace(m: Mat4): boolean {
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, f = 0, , g = 0, h = 0, i = 0] = m;
  const volume = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return m.every(Number.isFinite) && Math.abs(volume) >= 1e-12;
}
