/** Digests of texts, bytes, streams and files: the one place that hashes. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Digest } from "../../core/digest.ts";

/** The digest of texts and bytes, one after the other. */
export function sha256(...parts: readonly (string | Uint8Array)[]): Digest {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `sha256:${hash.digest("hex")}`;
}

/** The digest of a stream, whose bytes are not held. */
export async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

/** The digest of a file. */
export const sha256OfFile = (path: string): Promise<Digest> => sha256Of(createReadStream(path));

/** The 64 digits of a digest, which name files. */
export const hexOf = (digest: string): string => digest.slice("sha256:".length);
