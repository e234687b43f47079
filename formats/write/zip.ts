/** Several files as one, for a single download. */
import { unzipSync, zipSync } from "fflate";
import type { SegmentationFile } from "./writer.ts";

/** The files of an archive that `writeZip` wrote. */
export const filesOfZip = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array<ArrayBuffer>> =>
  new Map(Object.entries(unzipSync(bytes)).map(([name, file]) => [name, new Uint8Array(file)]));

/** Stored, not packed: what is in it is packed already. */
export function writeZip(files: readonly SegmentationFile[]): Uint8Array<ArrayBuffer> {
  const entries = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]));
  return new Uint8Array(zipSync(entries, { level: 0 }));
}
