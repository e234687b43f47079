/** Which axes of an NRRD are space, which is colour, and which are lists (teem.sourceforge.net/nrrd/format.html, "kinds"). */
import type { Vec3 } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { type Strides, sizesOf, volumeNotes } from "./raster.ts";

export type Fields = ReadonlyMap<string, string>;

export interface Axes {
  readonly size: Vec3;
  readonly channels: 1 | 3;
  readonly strides: Strides;
  /** All values of the file. */
  readonly values: number;
  /** How many volumes the axes that are neither space nor colour make. */
  readonly volumes: number;
  /** The first value of the volume that was asked for. */
  readonly first: number;
  /** Places of i, j and k among the declared axes; two for a picture. */
  readonly space: readonly number[];
  readonly warnings: readonly string[];
}

const SPACE_KINDS = new Set(["domain", "space", "???", "none", ""]);
const COLOUR: Readonly<Record<string, number>> = { "rgb-color": 3, "3-color": 3, "rgba-color": 4, "4-color": 4 };
/** What tools write for RGB besides; of any other length or type it is a list. */
const VECTORS = new Set(["vector", "3-vector"]);

/** Sizes and order of the axes, and where a volume of this number begins. Throws MalformedFile, or UnsupportedFormat where no three axes are space. */
export function readAxes(fields: Fields, isByte: boolean, volume = 0): Axes {
  const sizes = sizesOf("NRRD", "sizes", fields.get("sizes"));
  if (sizes.length !== Number(fields.get("dimension")) || sizes.length > 16)
    throw malformed("NRRD", "dimension", "It does not fit the sizes.");
  const kinds = kindsOf(fields, sizes.length);
  if (kinds.some((kind, n) => kind === "complex" && (sizes[n] ?? 1) > 1))
    throw unsupported("NRRD with complex values", "NRRD of real numbers");
  const colour = kinds.findIndex((kind, n) => isColour(kind, sizes[n] ?? 0, isByte));
  const spatial = spatialAxes(fields, kinds).filter((n) => n !== colour);
  const space = spatial.slice(0, 3);
  if (space.length < 2)
    throw unsupported("NRRD with fewer than two axes in space", "NRRD of two or three axes in space");
  const strides = sizes.map((_, n) => sizes.slice(0, n).reduce((product, size) => product * size, 1));
  const stride = (n: number | undefined) => (n === undefined ? 0 : (strides[n] ?? 0));
  const size = (n: number | undefined) => (n === undefined ? 1 : (sizes[n] ?? 1));
  const [i, j, k] = space;
  const lists = sizes.flatMap((size, n) => (space.includes(n) || n === colour ? [] : [{ size, stride: stride(n) }]));
  const volumes = lists.reduce((product, list) => product * list.size, 1);
  return {
    size: [size(i), size(j), size(k)],
    channels: colour >= 0 ? 3 : 1,
    strides: { channel: stride(colour < 0 ? undefined : colour), voxel: [stride(i), stride(j), stride(k)] },
    values: sizes.reduce((product, value) => product * value, 1),
    volumes,
    first: firstValue(lists, volume),
    space,
    warnings: [
      ...volumeNotes(volumes, volume),
      ...(colour >= 0 && sizes[colour] === 4 ? ["Transparency is ignored."] : []),
    ],
  };
}

/** Volumes are counted along the list that is declared first, then along the next one. */
function firstValue(lists: readonly { readonly size: number; readonly stride: number }[], volume: number): number {
  let [first, rest] = [0, volume];
  for (const { size, stride } of lists) {
    first += (rest % size) * stride;
    rest = Math.floor(rest / size);
  }
  return first;
}

const isColour = (kind: string, size: number, isByte: boolean) =>
  COLOUR[kind] === size || (VECTORS.has(kind) && size === 3 && isByte);

/** By the directions where there are some, else by the kinds; without either the first three axes are space. */
function spatialAxes(fields: Fields, kinds: readonly string[]): number[] {
  const directions = directionsOf(fields);
  const all = kinds.map((_, n) => n);
  if (directions) {
    if (directions.length !== kinds.length)
      throw malformed("NRRD", "space directions", "It must have an entry for each axis.");
    return all.filter((n) => directions[n] !== undefined);
  }
  return all.filter((n) => SPACE_KINDS.has(kinds[n] ?? ""));
}

function kindsOf(fields: Fields, count: number): string[] {
  const text = fields.get("kinds")?.toLowerCase();
  if (!text) return Array<string>(count).fill("");
  const kinds = text.split(/\s+/);
  if (kinds.length !== count) throw malformed("NRRD", "kinds", "It must have an entry for each axis.");
  return kinds;
}

/** The vector of each axis, undefined for `none`; undefined without the field. */
export function directionsOf(fields: Fields): (readonly number[] | undefined)[] | undefined {
  const text = fields.get("space directions");
  if (!text) return undefined;
  return [...text.matchAll(/\(([^)]*)\)|none|nan/gi)].map(([, body]) => {
    if (body === undefined) return undefined;
    const vector = body.split(",").map((part) => Number(part.trim() === "" ? Number.NaN : part));
    // Some writers give an axis out of space a vector of NaN.
    return vector.every(Number.isNaN) ? undefined : vector;
  });
}
