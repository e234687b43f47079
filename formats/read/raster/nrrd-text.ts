/** The `text` encoding of NRRD: numbers between blanks, in the order of the raw encoding. */
import { type Dtype, littleEndianBytes, voxelsOf } from "../../../core/image/dtype.ts";
import { malformed } from "../../bytes/fail.ts";
import { check, type Limits } from "../../bytes/limits.ts";
import { type VoxelType, voxelBytes } from "../../bytes/voxels.ts";
import { latin1 } from "./raster.ts";

/** Read piece by piece, so that a long text is never one string. */
const PIECE = 65_536;
const NAMED: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, infinity: Infinity };

/** What the numbers become: 64-bit integers are kept as float64 anyway. */
export const textType = (type: VoxelType): Dtype => (type === "int64" || type === "uint64" ? "float64" : type);

/** The first `count` numbers as little-endian bytes of `textType(type)`. Throws MalformedFile or TooLarge. */
export function bytesOfText(
  text: Uint8Array,
  { type, count }: { type: VoxelType; count: number },
  limits: Limits,
): Uint8Array {
  check("NRRD: bytes", count * voxelBytes(type), limits.expandedBytes);
  // A number needs a digit and a blank.
  if (count > (text.length + 1) / 2) throw malformed("NRRD", "data", `It is too short for ${count} numbers.`);
  const values = voxelsOf(textType(type), new ArrayBuffer(count * voxelBytes(type)));
  let filled = 0;
  for (const word of wordsOf(text)) {
    if (filled === count) break;
    values[filled++] = numberOf(word);
  }
  if (filled < count) throw malformed("NRRD", "data", `It has ${filled} of ${count} numbers.`);
  return littleEndianBytes(values);
}

function* wordsOf(text: Uint8Array): Generator<string> {
  let rest = "";
  for (let at = 0; at < text.length; at += PIECE) {
    const words = (rest + latin1(text.subarray(at, at + PIECE))).split(/[\s,]+/);
    rest = words.pop() ?? "";
    if (rest.length > 64) throw malformed("NRRD", "data", "It is not a list of numbers.");
    for (const word of words) if (word !== "") yield word;
  }
  if (rest !== "") yield rest;
}

function numberOf(word: string): number {
  const plain = Number(word);
  if (Number.isFinite(plain)) return plain;
  const [, sign = "", name = ""] = /^([+-]?)(.*)$/.exec(word.toLowerCase()) ?? [];
  const named = NAMED[name];
  if (named === undefined) throw malformed("NRRD", "data", "It is not a list of numbers.");
  return sign === "-" ? -named : named;
}
