import type { Digest } from "../../core/digest.ts";

/** A digest for each number. */
export const idOf = (n: number): Digest => `sha256:${n.toString(16).padStart(64, "0")}`;

/** Bytes that differ for each seed. */
export function bytesOf(seed: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255);
}
