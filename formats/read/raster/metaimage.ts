/** MetaImage `.mha` (itk.org/Wiki/MetaIO): attached data, raw or zlib. Its world is LPS. */
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import type { Limits } from "../../bytes/limits.ts";
import type { VoxelType } from "../../bytes/voxels.ts";
import { HEADER_LIMIT, latin1, numbersOf, readRaster, sizesOf } from "./raster.ts";

const TYPES: Readonly<Record<string, VoxelType>> = {
  MET_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64",
};

type Fields = ReadonlyMap<string, string>;

/** Reads an `.mha`. Throws UnsupportedFormat (detached data, text), MalformedFile or TooLarge. */
export function readMetaImage(bytes: Uint8Array, limits: Limits): Volume {
  const { fields, start } = readHeader(bytes);
  if (fields.get("elementdatafile") !== "LOCAL")
    throw unsupported("MetaImage with detached data", ".mha with its data inside");
  if (isTrue(fields, "binarydata", true) === false) throw unsupported("MetaImage as text", "binary MetaImage");
  const type = TYPES[fields.get("elementtype") ?? ""];
  if (!type) throw malformed("MetaImage", "ElementType", "It is no known type.");
  const channels = Number(fields.get("elementnumberofchannels") ?? 1);
  if (channels !== 1 && !(channels === 3 && type === "uint8"))
    throw unsupported("MetaImage of several channels", "grey or 8-bit RGB");
  const sizes = sizesOf("MetaImage", "DimSize", fields.get("dimsize"));
  if (sizes.length !== Number(fields.get("ndims")) || sizes.length > 4)
    throw malformed("MetaImage", "NDims", "It does not fit DimSize.");
  const [i = 1, j = 1, k = 1, t = 1] = sizes;
  return readRaster(
    bytes.subarray(start),
    {
      format: "MetaImage",
      size: [i, j, k] satisfies Vec3,
      channels: channels === 3 ? 3 : 1,
      type,
      littleEndian: !isTrue(fields, "binarydatabyteordermsb", isTrue(fields, "elementbyteordermsb", false)),
      compression: isTrue(fields, "compresseddata", false) ? "zlib" : undefined,
      ijkToLps: readAffine(fields, sizes.length),
      unit: "mm",
      warnings: t > 1 ? [`The file holds ${t} volumes: the first is read.`] : [],
    },
    limits,
  );
}

function readHeader(bytes: Uint8Array): { fields: Fields; start: number } {
  const text = latin1(bytes.subarray(0, HEADER_LIMIT));
  const end = /^ElementDataFile[ \t]*=[^\n]*\n/im.exec(text);
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
  const direction = (axis: number, row: number) => matrix[axis * dimensions + row] ?? (axis === row ? 1 : 0);
  const inside = (axis: number, row: number) =>
    axis < dimensions && row < dimensions ? direction(axis, row) : axis === row ? 1 : 0;
  const line = (row: number) =>
    [0, 1, 2].map((axis) => inside(axis, row) * (spacing[axis] ?? 1)).concat(offset[row] ?? 0);
  return [...line(0), ...line(1), ...line(2), 0, 0, 0, 1];
}
