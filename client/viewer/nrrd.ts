/** Voxels of a page as a file that `POST /v1/images` reads: NRRD (teem.sourceforge.net/nrrd/format.html), gzip where the browser can. */
import { axisOf } from "../../core/image/geometry.ts";
import type { VoxelArray } from "../../core/image/volume.ts";
import type { VoxelSource } from "./types.ts";

const TYPES: readonly [new (length: number) => VoxelArray, string][] = [
  [Int8Array, "int8"],
  [Uint8Array, "uint8"],
  [Int16Array, "int16"],
  [Uint16Array, "uint16"],
  [Int32Array, "int32"],
  [Uint32Array, "uint32"],
  [Float32Array, "float"],
  [Float64Array, "double"],
];

/** An NRRD of grey voxels. Throws RangeError when there are not as many as `size` says. */
export async function nrrdOf({ voxels, size, ijkToLps, rescale, modality }: VoxelSource): Promise<Blob> {
  const [ni, nj, nk] = size;
  if (voxels.length !== ni * nj * nk)
    throw new RangeError(`Expected ${ni} × ${nj} × ${nk} voxels, got ${voxels.length}.`);
  const type = TYPES.find(([kind]) => voxels instanceof kind)?.[1];
  if (!type) throw new RangeError("Expected a typed array of 8 to 32 bit integers or floats.");
  const vector = (n: 0 | 1 | 2) => `(${axisOf(ijkToLps, n).join(",")})`;
  const packed = typeof CompressionStream !== "undefined";
  const lines = [
    "NRRD0004",
    `type: ${type}`,
    "dimension: 3",
    "space: left-posterior-superior",
    `sizes: ${size.join(" ")}`,
    `space directions: ${vector(0)} ${vector(1)} ${vector(2)}`,
    "kinds: domain domain domain",
    `endian: ${littleEndian() ? "little" : "big"}`,
    `encoding: ${packed ? "gzip" : "raw"}`,
    `space origin: (${ijkToLps[3]},${ijkToLps[7]},${ijkToLps[11]})`,
    ...(modality === undefined ? [] : [`promptomy_modality:=${modality.replace(/[^A-Z]/g, "")}`]),
    ...(rescale ? [`promptomy_slope:=${rescale.slope}`, `promptomy_intercept:=${rescale.intercept}`] : []),
  ];
  // A view of a SharedArrayBuffer, as Cornerstone3D has them, is no part of a Blob: it is copied.
  const bytes = new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength).slice();
  const body = new Blob([bytes]);
  const stream = packed ? body.stream().pipeThrough(new CompressionStream("gzip")) : body.stream();
  return new Blob([`${lines.join("\n")}\n\n`, await new Response(stream).blob()]);
}

const littleEndian = () => new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
