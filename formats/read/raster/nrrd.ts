/** NRRD (teem.sourceforge.net/nrrd/format.html): raw or gzip, any of its numeric types, data inside or in one file beside. */
import { affineRasToLps, IDENTITY } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3, Volume } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import type { Limits } from "../../bytes/limits.ts";
import { type VoxelType, voxelBytes } from "../../bytes/voxels.ts";
import type { DataFile } from "./data-file.ts";
import { type Axes, directionsOf, type Fields, readAxes } from "./nrrd-axes.ts";
import { bytesOfText, textType } from "./nrrd-text.ts";
import { HEADER_LIMIT, latin1, numbersOf, readRaster } from "./raster.ts";

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

/**
 * Reads an NRRD; `data` is the file beside a detached header, `volume` the number of one volume of a list, from 0. Throws
 * UnsupportedFormat, MalformedFile or TooLarge.
 */
export function readNrrd(
  bytes: Uint8Array,
  limits: Limits,
  { data, volume = 0 }: { data?: Uint8Array | undefined; volume?: number } = {},
): Volume {
  const { fields, start } = readHeader(bytes);
  const axes = readAxes(fields, isByte(fields), volume);
  const body = detachedOr(bytes.subarray(start), fields, data);
  return readBody(body, fields, axes, { limits, meaning: meaningOf(nrrdKeys(bytes)) });
}

/** The volumes of a list axis that runs fastest: `layers` values a voxel, one after the other; 1 without such an axis. */
export function readNrrdLayers(bytes: Uint8Array, limits: Limits): { volume: Volume; layers: number } {
  const { fields, start } = readHeader(bytes);
  const axes = readAxes(fields, false);
  const layers = axes.space[0] === 1 ? (axes.strides.voxel[0] ?? 1) : 1;
  const [columns, rows, slices] = axes.size;
  const dense = { channel: 0, voxel: [1, columns * layers, columns * rows * layers] as const };
  const wide: Axes = { ...axes, size: [columns * layers, rows, slices], channels: 1, strides: dense, warnings: [] };
  const body = detachedOr(bytes.subarray(start), fields, undefined);
  const volume = readBody(body, fields, layers > 1 ? wide : axes, { limits });
  return { volume: { ...volume, size: axes.size }, layers };
}

/** Key-value pairs of the header (`key:=value`), as UTF-8. */
export function nrrdKeys(bytes: Uint8Array): ReadonlyMap<string, string> {
  const { start } = readHeader(bytes);
  const keys = new Map<string, string>();
  for (const line of new TextDecoder().decode(bytes.subarray(0, Math.min(start, HEADER_LIMIT))).split(/\r?\n/)) {
    const at = line.indexOf(":=");
    if (at > 0 && !line.startsWith("#")) keys.set(line.slice(0, at), line.slice(at + 2));
  }
  return keys;
}

const isByte = (fields: Fields) => typeOf(fields) === "uint8";

function detachedOr(body: Uint8Array, fields: Fields, data: Uint8Array | undefined): Uint8Array {
  if (dataFileOf(fields) === undefined) return body;
  if (!data) throw unsupported("an NRRD header without its data file", "NRRD with its data inside or beside");
  return data;
}

interface BodyOptions {
  readonly limits: Limits;
  readonly meaning?: Meaning;
}

/** What the numbers of a file mean, where it says so. */
type Meaning = Partial<Pick<Volume, "rescale" | "modality">>;

function readBody(body: Uint8Array, fields: Fields, axes: Axes, { limits, meaning = {} }: BodyOptions): Volume {
  const type = typeOf(fields);
  if (axes.channels === 3 && type !== "uint8") throw unsupported("NRRD colour of more than 8 bits", "8-bit RGB");
  const geometry = readGeometry(fields, axes);
  const { bytes, ...stored } = storedOf(afterLines(body, fields), fields, { type, count: axes.values }, limits);
  const warnings = [...axes.warnings, ...geometry.warnings];
  return readRaster(bytes, { ...meaning, format: "NRRD", ...axes, ...geometry, ...stored, warnings }, limits);
}

/** How the values are written; a text is turned into the raw bytes that it stands for. */
function storedOf(body: Uint8Array, fields: Fields, what: { type: VoxelType; count: number }, limits: Limits) {
  const { type } = what;
  const encoding = readEncoding(fields);
  const skip = skipOf(fields, "byte skip", "byteskip");
  if (encoding !== "text") {
    return { bytes: body, type, littleEndian: readEndian(fields, type), compression: encoding, skip };
  }
  if (skip < 0) throw malformed("NRRD", "byte skip", "Only raw data can be counted from the end.");
  const bytes = bytesOfText(body.subarray(skip), what, limits);
  return { bytes, type: textType(type), littleEndian: true, compression: undefined, skip: 0 };
}

/**
 * What a viewer that sends its own voxels says of them, which NRRD has no fields for: key/value pairs of ours. Pairs of other
 * programs are not read: ITK repeats a series' DICOM rescale beside values that are rescaled already.
 */
function meaningOf(keys: ReadonlyMap<string, string>): Meaning {
  const modality = keys.get("promptomy_modality");
  const [slope, intercept] = ["promptomy_slope", "promptomy_intercept"].map((name) =>
    Number(keys.get(name) ?? Number.NaN),
  );
  const scaled = Number.isFinite(slope) && Number.isFinite(intercept) && slope !== 0;
  return {
    ...(modality !== undefined && /^[A-Z]{2,16}$/.test(modality) ? { modality } : {}),
    ...(scaled && slope !== undefined && intercept !== undefined ? { rescale: { slope, intercept } } : {}),
  };
}

/** How many volumes of which size a header declares. */
export function nrrdVolumes(bytes: Uint8Array): { size: Vec3; count: number } {
  const { fields } = readHeader(bytes);
  const { size, volumes } = readAxes(fields, typeOf(fields) === "uint8");
  return { size, count: volumes };
}

/** What a detached header wants of its data file; undefined when the data is inside. */
export function nrrdData(bytes: Uint8Array): DataFile | undefined {
  const { fields } = readHeader(bytes);
  const name = dataFileOf(fields);
  if (name === undefined) return undefined;
  if (/^LIST\b|%\d*d/.test(name)) throw unsupported("NRRD in a list of data files", "NRRD in one data file");
  const type = typeOf(fields);
  const length =
    readAxes(fields, type === "uint8").values * voxelBytes(type) + Math.max(0, skipOf(fields, "byte skip", "byteskip"));
  return readEncoding(fields) ? { name } : { name, length };
}

const dataFileOf = (fields: Fields) => fields.get("data file") ?? fields.get("datafile");

function typeOf(fields: Fields): VoxelType {
  const type = TYPES[fields.get("type")?.toLowerCase() ?? ""];
  if (!type) throw malformed("NRRD", "type", "It is no known type.");
  return type;
}

function readHeader(bytes: Uint8Array): { fields: Fields; start: number } {
  const text = latin1(bytes.subarray(0, HEADER_LIMIT));
  const end = /\r?\n\r?\n/.exec(text);
  const whole = bytes.length < HEADER_LIMIT && /^data ?file:/im.test(text);
  if (!end && !whole) throw malformed("NRRD", "header", "It has no end.");
  const fields = new Map<string, string>();
  for (const line of text.slice(0, end?.index).split(/\r?\n/).slice(1)) {
    const at = line.indexOf(":");
    if (line.startsWith("#") || at < 0 || line[at + 1] === "=") continue;
    fields.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return { fields, start: end ? end.index + end[0].length : bytes.length };
}

function skipOf(fields: Fields, ...names: readonly string[]): number {
  const text = names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const skip = Number(text ?? 0);
  if (!Number.isInteger(skip) || skip < -1) throw malformed("NRRD", names[0] ?? "", "It must be −1, 0 or positive.");
  return skip;
}

/** `line skip` comes before inflating, `byte skip` after it. */
function afterLines(bytes: Uint8Array, fields: Fields): Uint8Array {
  const lines = skipOf(fields, "line skip", "lineskip");
  if (lines < 0) throw malformed("NRRD", "line skip", "It must be 0 or positive.");
  let at = 0;
  for (let n = 0; n < lines; n++) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw malformed("NRRD", "line skip", "There are fewer lines.");
    at = end + 1;
  }
  return bytes.subarray(at);
}

function readEncoding(fields: Fields): "gzip" | "text" | undefined {
  const encoding = fields.get("encoding")?.toLowerCase();
  if (encoding === "raw") return undefined;
  if (encoding === "gzip" || encoding === "gz") return "gzip";
  if (encoding === "text" || encoding === "txt" || encoding === "ascii") return "text";
  throw unsupported("NRRD of another encoding (bzip2, hex)", "raw, gzip and text NRRD: save it as gzip");
}

function readEndian(fields: Fields, type: VoxelType): boolean {
  const endian = fields.get("endian")?.toLowerCase();
  if (endian === "little" || endian === "big") return endian === "little";
  if (type === "uint8" || type === "int8") return true;
  throw malformed("NRRD", "endian", "It must be little or big.");
}

/** How the named space becomes LPS; the others are not said of the patient. */
const SPACES: Readonly<Record<string, "lps" | "ras" | "las">> = {
  "left-posterior-superior": "lps",
  lps: "lps",
  "right-anterior-superior": "ras",
  ras: "ras",
  "left-anterior-superior": "las",
  las: "las",
};

interface Geometry {
  readonly ijkToLps: Mat4;
  readonly unit: "mm" | "px";
  readonly warnings: readonly string[];
}

const UNKNOWN_SPACE =
  "The file does not say how its space lies in the patient: its axes are taken as left, posterior, superior.";

function readGeometry(fields: Fields, axes: Axes): Geometry {
  const directions = directionsOf(fields);
  if (!directions) return spacingGeometry(fields, axes);
  const vectors = axes.space.map((n) => directions[n] ?? []);
  const affine = affineOf(fields, vectors);
  const scaled = affine.map((value, n) => (n < 12 ? value * unitOf(fields) : value));
  // The fourth number of a space with time is no place.
  const name =
    fields
      .get("space")
      ?.toLowerCase()
      .replace(/-time$|(?<=^(lps|ras|las))t$/, "") ?? "";
  const space = SPACES[name];
  return { ijkToLps: toLps(scaled, space ?? "lps"), unit: "mm", warnings: space ? [] : [UNKNOWN_SPACE] };
}

function spacingGeometry(fields: Fields, { space, size }: Axes): Geometry {
  const spacings = fields.get("spacings")?.split(/\s+/).map(Number) ?? [];
  const at = (n: number | undefined) => (n === undefined ? Number.NaN : (spacings[n] ?? Number.NaN));
  const [x, y, z] = [at(space[0]), at(space[1]), at(space[2])];
  if (!(x > 0) || !(y > 0) || (size[2] > 1 && !(z > 0))) return { ijkToLps: IDENTITY, unit: "px", warnings: [] };
  const ijkToLps = [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z > 0 ? z : 1, 0, 0, 0, 0, 1];
  const unoriented = "The file has no orientation: its axes are taken as left, posterior, superior.";
  return { ijkToLps, unit: "mm", warnings: size[2] > 1 ? [unoriented] : [] };
}

/** Vectors of two numbers (a picture) lie in the plane of the first two axes. */
function affineOf(fields: Fields, vectors: readonly (readonly number[])[]): Mat4 {
  const origin = fields.has("space origin")
    ? numbersOf("NRRD", "space origin", fields.get("space origin")?.replace(/[()]/g, ""))
    : [];
  const [i = [], j = []] = vectors;
  const k = vectors[2] ?? cross(i, j);
  const row = (axis: number) => [i[axis] ?? 0, j[axis] ?? 0, k[axis] ?? 0, origin[axis] ?? 0];
  const affine = [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, f = 0, , g = 0, h = 0, l = 0] = affine;
  const volume = a * (e * l - f * h) - b * (d * l - f * g) + c * (d * h - e * g);
  const complete = vectors.every((vector) => vector.length >= 2 && vector.length <= 4);
  if (!complete || !affine.every(Number.isFinite) || Math.abs(volume) < 1e-12)
    throw malformed("NRRD", "space directions", "It must have directions that span a space.");
  return affine;
}

/** A unit vector across the plane of a picture. */
function cross(a: readonly number[], b: readonly number[]): number[] {
  const [ax = 0, ay = 0, az = 0] = a;
  const [bx = 0, by = 0, bz = 0] = b;
  const [x, y, z] = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

const UNITS: Readonly<Record<string, number>> = { mm: 1, cm: 10, m: 1000, um: 1e-3, µm: 1e-3, micron: 1e-3, nm: 1e-6 };

/** Millimetres in one unit of the space; millimetres unless it says otherwise. */
function unitOf(fields: Fields): number {
  const unit = /"([^"]*)"/.exec(fields.get("space units") ?? "")?.[1]?.toLowerCase();
  return UNITS[unit ?? "mm"] ?? 1;
}

function toLps(m: Mat4, space: "lps" | "ras" | "las"): Mat4 {
  if (space === "lps") return m;
  return space === "ras" ? affineRasToLps(m) : m.map((value, n) => (n >= 4 && n < 8 ? 0 - value : value));
}
