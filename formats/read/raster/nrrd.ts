/** NRRD with attached data (teem.sourceforge.net/nrrd/format.html): raw or gzip, any of its numeric types. */
import { affineRasToLps, IDENTITY } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import type { Limits } from "../../bytes/limits.ts";
import type { VoxelType } from "../../bytes/voxels.ts";
import { HEADER_LIMIT, latin1, numbersOf, readRaster, sizesOf } from "./raster.ts";

const TYPES: Readonly<Record<string, VoxelType>> = Object.fromEntries(
  (
    [
      ["int8", "signed char|int8|int8_t"],
      ["uint8", "uchar|unsigned char|uint8|uint8_t"],
      ["int16", "short|short int|signed short|signed short int|int16|int16_t"],
      ["uint16", "ushort|unsigned short|unsigned short int|uint16|uint16_t"],
      ["int32", "int|signed int|int32|int32_t"],
      ["uint32", "uint|unsigned int|uint32|uint32_t"],
      ["int64", "longlong|long long|long long int|signed long long|int64|int64_t"],
      ["uint64", "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t"],
      ["float32", "float"],
      ["float64", "double"],
    ] as const
  ).flatMap(([type, names]) => names.split("|").map((name) => [name, type] as const)),
);

type Fields = ReadonlyMap<string, string>;

/** Reads an attached NRRD. Throws UnsupportedFormat (detached data, text encodings), MalformedFile or TooLarge. */
export function readNrrd(bytes: Uint8Array, limits: Limits): Volume {
  const { fields, start } = readHeader(bytes);
  if (fields.has("data file") || fields.has("datafile"))
    throw unsupported("NRRD with detached data", "NRRD with attached data");
  const type = TYPES[fields.get("type") ?? ""];
  if (!type) throw malformed("NRRD", "type", "It is no known type.");
  const axes = readAxes(fields);
  const geometry = readGeometry(fields, axes);
  return readRaster(
    bytes.subarray(start),
    {
      format: "NRRD",
      ...axes,
      ...geometry,
      type: axes.channels === 3 && type !== "uint8" ? refuseColour() : type,
      littleEndian: readEndian(fields, type),
      compression: readEncoding(fields),
      warnings: [...axes.warnings, ...geometry.warnings],
    },
    limits,
  );
}

function refuseColour(): never {
  throw unsupported("NRRD colour of more than 8 bits", "8-bit RGB");
}

function readHeader(bytes: Uint8Array): { fields: Fields; start: number } {
  const text = latin1(bytes.subarray(0, HEADER_LIMIT));
  const end = /\r?\n\r?\n/.exec(text);
  if (!end) throw malformed("NRRD", "header", "It has no end.");
  const fields = new Map<string, string>();
  for (const line of text.slice(0, end.index).split(/\r?\n/).slice(1)) {
    const at = line.indexOf(":");
    if (line.startsWith("#") || at < 0 || line[at + 1] === "=") continue;
    fields.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return { fields, start: end.index + end[0].length };
}

interface Axes {
  readonly size: Vec3;
  readonly channels: 1 | 3;
  /** Index of the first spatial axis among the declared ones. */
  readonly first: number;
  readonly warnings: readonly string[];
}

function readAxes(fields: Fields): Axes {
  const sizes = sizesOf("NRRD", "sizes", fields.get("sizes"));
  if (sizes.length !== Number(fields.get("dimension")))
    throw malformed("NRRD", "dimension", "It does not fit the sizes.");
  const kinds = (fields.get("kinds") ?? "").toLowerCase().split(/\s+/);
  const colour = sizes[0] === 3 && /^(rgb-color|3-color|vector|3-vector)$/.test(kinds[0] ?? "");
  const first = colour ? 1 : 0;
  const [i = 1, j = 1, k = 1, ...rest] = sizes.slice(first);
  if (rest.length > 1) throw unsupported("NRRD of more than four dimensions");
  const warnings = (rest[0] ?? 1) > 1 ? [`The file holds ${rest[0]} volumes: the first is read.`] : [];
  return { size: [i, j, k], channels: colour ? 3 : 1, first, warnings };
}

function readEncoding(fields: Fields): "gzip" | undefined {
  const encoding = fields.get("encoding")?.toLowerCase();
  if (encoding === "raw") return undefined;
  if (encoding === "gzip" || encoding === "gz") return "gzip";
  throw unsupported("NRRD of another encoding than raw or gzip", "raw and gzip NRRD");
}

function readEndian(fields: Fields, type: VoxelType): boolean {
  const endian = fields.get("endian")?.toLowerCase();
  if (endian === "little" || endian === "big") return endian === "little";
  if (type === "uint8" || type === "int8") return true;
  throw malformed("NRRD", "endian", "It must be little or big.");
}

/** Signs that take the named space to LPS; undefined for spaces that are not the patient. */
const SPACES: Readonly<Record<string, "lps" | "ras" | "las">> = {
  "left-posterior-superior": "lps",
  lps: "lps",
  "right-anterior-superior": "ras",
  ras: "ras",
  "left-anterior-superior": "las",
  las: "las",
};

function readGeometry(
  fields: Fields,
  { first, size }: Axes,
): { ijkToLps: Mat4; unit: "mm" | "px"; warnings: string[] } {
  const space = SPACES[fields.get("space")?.toLowerCase() ?? ""];
  const directions = fields.get("space directions");
  if (space && directions) return { ijkToLps: toLps(affineOf(fields, directions), space), unit: "mm", warnings: [] };
  const spacings = fields.get("spacings")?.split(/\s+/).slice(first).map(Number) ?? [];
  const [x = 0, y = 0, z = 1] = spacings;
  if (!(x > 0) || !(y > 0) || !(z > 0)) return { ijkToLps: IDENTITY, unit: "px", warnings: [] };
  const warnings = size[2] > 1 ? ["The file has no orientation: its axes are taken as left, posterior, superior."] : [];
  return { ijkToLps: [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1], unit: "mm", warnings };
}

function affineOf(fields: Fields, directions: string): Mat4 {
  const vectors = [...directions.matchAll(/\(([^)]*)\)/g)].map(([, body]) =>
    numbersOf("NRRD", "space directions", body),
  );
  const [i, j, k = [0, 0, 1]] = vectors;
  const origin = numbersOf("NRRD", "space origin", fields.get("space origin")?.replace(/[()]/g, ""));
  if (!i || !j || [i, j, k, origin].some((vector) => vector.length !== 3))
    throw malformed("NRRD", "space directions", "It must have three directions of three numbers.");
  const row = (axis: number) => [i[axis] ?? 0, j[axis] ?? 0, k[axis] ?? 0, origin[axis] ?? 0];
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

function toLps(m: Mat4, space: "lps" | "ras" | "las"): Mat4 {
  if (space === "lps") return m;
  return space === "ras" ? affineRasToLps(m) : m.map((value, n) => (n >= 4 && n < 8 ? 0 - value : value));
}
