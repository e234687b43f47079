/** MetaImage `.mha`, and `.mhd` with its data file (itk.org/Wiki/MetaIO): raw or zlib. Its world is LPS. */
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import type { Limits } from "../../bytes/limits.ts";
import { type VoxelType, voxelBytes } from "../../bytes/voxels.ts";
import { ALPHA_WARNING } from "../picture/picture.ts";
import type { DataFile } from "./data-file.ts";
import { HEADER_LIMIT, latin1, numbersOf, readRaster, type Strides, sizesOf, volumeNotes } from "./raster.ts";

const TYPES: Readonly<Record<string, VoxelType>> = {
  MET_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  // Four bytes whatever the machine (metaTypes.h, MET_ValueTypeSize).
  MET_LONG: "int32",
  MET_ULONG: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64",
};

type Fields = ReadonlyMap<string, string>;

/**
 * Reads an `.mha`, or an `.mhd` with its data; of several volumes the one of this number, from 0. Throws UnsupportedFormat (lists
 * of files, text), MalformedFile or TooLarge.
 */
export function readMetaImage(
  bytes: Uint8Array,
  limits: Limits,
  { data, volume = 0 }: { data?: Uint8Array | undefined; volume?: number } = {},
): Volume {
  const { fields, start } = readHeader(bytes);
  const local = isLocal(fields);
  if (!local && !data)
    throw unsupported("a MetaImage header without its data file", ".mha, or .mhd and its data together");
  if (isTrue(fields, "binarydata", true) === false) throw unsupported("MetaImage as text", "binary MetaImage");
  const type = typeOf(fields);
  const { sizes, volumes } = readSizes(fields);
  const [i = 1, j = 1, k = 1] = sizes;
  const values = i * j * k * componentsOf(fields);
  return readRaster(
    local || !data ? bytes.subarray(start) : data,
    {
      format: "MetaImage",
      size: [i, j, k] satisfies Vec3,
      ...channelsOf(fields, type, [i, j, k]),
      values: values * volumes,
      first: values * volume,
      type,
      littleEndian: !isTrue(fields, "binarydatabyteordermsb", isTrue(fields, "elementbyteordermsb", false)),
      compression: isTrue(fields, "compresseddata", false) ? "zlib" : undefined,
      skip: local ? 0 : headerSizeOf(fields),
      ijkToLps: readAffine(fields, Number(fields.get("ndims"))),
      unit: "mm",
      warnings: [...volumeNotes(volumes, volume), ...(componentsOf(fields) === 4 ? [ALPHA_WARNING] : [])],
    },
    limits,
  );
}

/** How many volumes of which size a header declares. */
export function metaImageVolumes(bytes: Uint8Array): { size: Vec3; count: number } {
  const { sizes, volumes } = readSizes(readHeader(bytes).fields);
  const [i = 1, j = 1, k = 1] = sizes;
  return { size: [i, j, k], count: volumes };
}

/** What an `.mhd` wants of its data file; undefined when the data is inside. */
export function metaImageData(bytes: Uint8Array): DataFile | undefined {
  const { fields } = readHeader(bytes);
  if (isLocal(fields)) return undefined;
  const { sizes, volumes } = readSizes(fields);
  const voxels = sizes.reduce((product, size) => product * size, volumes);
  const length = voxels * componentsOf(fields) * voxelBytes(typeOf(fields)) + Math.max(0, headerSizeOf(fields));
  const name = fields.get("elementdatafile") ?? "";
  return isTrue(fields, "compresseddata", false) ? { name } : { name, length };
}

const isLocal = (fields: Fields) => fields.get("elementdatafile")?.toUpperCase() === "LOCAL";

/** Bytes before the data in its own file; −1: the data are its last bytes. */
function headerSizeOf(fields: Fields): number {
  const size = Number(fields.get("headersize") ?? 0);
  if (!Number.isInteger(size) || size < -1) throw malformed("MetaImage", "HeaderSize", "It must be −1, 0 or positive.");
  return size;
}

function typeOf(fields: Fields): VoxelType {
  const type = TYPES[fields.get("elementtype")?.toUpperCase() ?? ""];
  if (!type) throw malformed("MetaImage", "ElementType", "It is no known type.");
  return type;
}

const componentsOf = (fields: Fields) => Number(fields.get("elementnumberofchannels") ?? 1);

/** Grey, 8-bit RGB, or 8-bit RGBA without its alpha. */
function channelsOf(fields: Fields, type: VoxelType, [i, j]: Vec3): { channels: 1 | 3; strides?: Strides } {
  const components = componentsOf(fields);
  if (components === 1) return { channels: 1 };
  if (components === 3 && type === "uint8") return { channels: 3 };
  if (components === 4 && type === "uint8")
    return { channels: 3, strides: { channel: 1, voxel: [4, 4 * i, 4 * i * j] } };
  throw unsupported("MetaImage of several channels that are no 8-bit colour", "grey, 8-bit RGB and RGBA");
}

/** Sizes of up to three axes, and how many volumes the further ones make. */
function readSizes(fields: Fields): { sizes: number[]; volumes: number } {
  const sizes = sizesOf("MetaImage", "DimSize", fields.get("dimsize"));
  if (sizes.length !== Number(fields.get("ndims"))) throw malformed("MetaImage", "NDims", "It does not fit DimSize.");
  if (sizes.length > 4 && sizes.slice(4).some((size) => size > 1))
    throw unsupported("MetaImage of more than four dimensions", "up to four dimensions");
  return { sizes: sizes.slice(0, 3), volumes: sizes[3] ?? 1 };
}

function readHeader(bytes: Uint8Array): { fields: Fields; start: number } {
  const text = latin1(bytes.subarray(0, HEADER_LIMIT));
  const end = /^ElementDataFile[ \t]*=[^\n]*(\n|$)/im.exec(text);
  if (!end) throw malformed("MetaImage", "ElementDataFile", "It is missing.");
  const start = end.index + end[0].length;
  const fields = new Map<string, string>();
  for (const line of text.slice(0, start).split(/\r?\n/)) {
    const at = line.indexOf("=");
    if (at > 0) fields.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return { fields, start };
}

const isTrue = (fields: Fields, name: string, otherwise: boolean): boolean => {
  const value = fields.get(name)?.toLowerCase();
  return value === undefined ? otherwise : value === "true" || value === "1";
};

const firstOf = (fields: Fields, ...names: string[]) => names.map((name) => fields.get(name)).find((text) => text);

/** TransformMatrix lists the direction of i, then of j, then of k. */
function readAffine(fields: Fields, dimensions: number): Mat4 {
  const list = (field: string, text: string | undefined, fallback: readonly number[]) =>
    text === undefined ? fallback : numbersOf("MetaImage", field, text);
  const spacing = list("ElementSpacing", firstOf(fields, "elementspacing", "elementsize"), [1, 1, 1]);
  const offset = list("Offset", firstOf(fields, "offset", "position", "origin"), [0, 0, 0]);
  const matrix = list("TransformMatrix", firstOf(fields, "transformmatrix", "rotation", "orientation"), []);
  if (!spacing.slice(0, dimensions).every((value) => value > 0))
    throw malformed("MetaImage", "ElementSpacing", "It must be positive.");
  if (matrix.length > 0 && matrix.length !== dimensions * dimensions)
    throw malformed("MetaImage", "TransformMatrix", `It must have ${dimensions * dimensions} numbers.`);
  const direction = (axis: number, row: number) => matrix[axis * dimensions + row] ?? (axis === row ? 1 : 0);
  const inside = (axis: number, row: number) =>
    axis < dimensions && row < dimensions ? direction(axis, row) : axis === row ? 1 : 0;
  const line = (row: number) =>
    [0, 1, 2].map((axis) => inside(axis, row) * (spacing[axis] ?? 1)).concat(offset[row] ?? 0);
  return [...line(0), ...line(1), ...line(2), 0, 0, 0, 1];
}
