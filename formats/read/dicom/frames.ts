/** From the pixel data element to the encoded bytes of each frame (PS3.5 §8, §A.4). */
import { concatBytes } from "../../bytes/bytes.ts";
import { malformed } from "../../bytes/fail.ts";
import type { ImageHeader } from "./header.ts";
import type { DataSet } from "./tokens.ts";
import { bytesOf } from "./values.ts";

const FIELD = "(7FE0,0010)";

/** The bytes of all uncompressed frames, with the byte that pads them to an even length. */
export function nativePixels(dataSet: DataSet, header: ImageHeader): Uint8Array {
  const { columns, rows, frames, samples, bitsAllocated, photometric, pixels } = header;
  const perPixel = photometric === "YBR_FULL_422" ? 2 : samples;
  const expected = Math.ceil((columns * rows * frames * perPixel * bitsAllocated) / 8);
  if (pixels.length < expected)
    throw malformed("DICOM", FIELD, `It has ${pixels.length} bytes, but the image needs ${expected}.`);
  return bytesOf(dataSet, pixels).subarray(0, expected + (expected % 2));
}

/** Encoded bytes of each frame. */
export function encapsulatedFrames({ frames, pixels }: ImageHeader): Uint8Array[] {
  const fragments = pixels.fragments;
  if (!fragments) throw malformed("DICOM", FIELD, "It is not encapsulated though the transfer syntax is compressed.");
  if (frames === 1) return [joined(fragments)];
  if (fragments.length === frames) return [...fragments];
  if (pixels.offsets?.length === frames) return byOffsets(fragments, pixels.offsets);
  const split = byStartMarker(fragments);
  if (split.length !== frames)
    throw malformed("DICOM", FIELD, `${fragments.length} fragments do not make ${frames} frames.`);
  return split;
}

function byOffsets(fragments: readonly Uint8Array[], offsets: readonly number[]): Uint8Array[] {
  const starts = new Map(offsets.map((offset, frame) => [offset, frame]));
  const groups: Uint8Array[][] = offsets.map(() => []);
  let at = 0;
  let frame: number | undefined;
  for (const fragment of fragments) {
    frame = starts.get(at) ?? frame;
    if (frame === undefined) throw malformed("DICOM", FIELD, "The offset table does not start at the first fragment.");
    groups[frame]?.push(fragment);
    at += 8 + fragment.length;
  }
  if (groups.some((group) => group.length === 0))
    throw malformed("DICOM", FIELD, "The offset table points to no fragment.");
  return groups.map(joined);
}

/** Without a table a frame starts where a fragment starts with SOI (JPEG) or SOC (JPEG 2000). */
function byStartMarker(fragments: readonly Uint8Array[]): Uint8Array[] {
  const groups: Uint8Array[][] = [];
  for (const fragment of fragments) {
    const starts = fragment[0] === 0xff && (fragment[1] === 0xd8 || fragment[1] === 0x4f);
    const last = groups.at(-1);
    if (starts || !last) groups.push([fragment]);
    else last.push(fragment);
  }
  return groups.map(joined);
}

/** A frame in one fragment is not copied. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return only && parts.length === 1 ? only : concatBytes(parts);
}
