/** Several files as one, for a single download. */
import { zipSync } from "fflate";
import type { SegmentationFile } from "./writer.ts";

/** Stored, not packed: what is in it is packed already. */
export function writeZip(files: readonly SegmentationFile[]): Uint8Array<ArrayBuffer> {
  const entries = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
  return new Uint8Array(zipSync(entries, { level: 0 }));
}
