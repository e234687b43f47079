/** UIDs made from content: the same thing has the same UID, and needs no registry. */
import type { Digest } from "../../../core/digest.ts";

/** A UID in the arc of UUIDs (PS3.5 B.2): the first 128 bits of a digest, marked as a UUID of version 8 (RFC 9562 §5.8). */
export function uidOfDigest(digest: Digest): string {
  const hex = digest.slice("sha256:".length, "sha256:".length + 32);
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3] ?? "8";
  return `2.25.${BigInt(`0x${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17)}`)}`;
}
