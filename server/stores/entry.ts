/** The form of an embedding on disk: its bytes, then a trailer that says whether they are all there and right. */
import { hexOf, sha256 } from "../disk/sha256.ts";

/** Trailer of a cache file: 8 bytes magic, payload length as u64 little-endian, sha256 of the payload. */
const MAGIC = Buffer.from("PSEG\x01EMB", "latin1");
export const TRAILER_BYTES = 48;

/** Of what several stores are given at once: stored bytes never change. */
const trailers = new WeakMap<Uint8Array, Buffer>();

/** The trailer that `openEntry` will demand behind these bytes. */
export function entryTrailer(payload: Uint8Array): Buffer {
  const trailer = trailers.get(payload) ?? trailerOf(payload);
  trailers.set(payload, trailer);
  return trailer;
}

function trailerOf(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(payload.byteLength));
  return Buffer.concat([MAGIC, length, Buffer.from(hexOf(sha256(payload)), "hex")]);
}

/** The payload of a cache file, or `undefined` when a byte of it is not as written. */
export function openEntry(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const size = file.byteLength - TRAILER_BYTES;
  if (size < 0) return undefined;
  const payload = file.subarray(0, size);
  return trailerOf(payload).equals(file.subarray(size)) ? payload : undefined;
}
