/**
 * The record of an image on disk: what the server knows of it, in `<digits of the imageId>.json` beside the voxels in
 * `<digits>.vol`. It carries its own digest, so that an altered geometry is a miss and never an answer.
 */
import { readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { headerOf, type StoredHeader } from "../../core/image/header.ts";
import type { ImageSource } from "../../core/image/source.ts";
import type { Volume } from "../../core/image/volume.ts";
import { errorCode, syncFolder, temporaryIn, writeSynced } from "../disk/durable.ts";
import { hexOf, sha256 } from "../disk/sha256.ts";

/** What a reader makes of a file beside the voxels. */
export interface ImageRecord {
  readonly header: StoredHeader;
  /** Where the image came from in DICOM: patient data. It is read from the disk when asked for, never held. */
  readonly source?: ImageSource | undefined;
}

/** The record of a volume. */
export function recordOf(volume: Volume): ImageRecord {
  const header = headerOf(volume, sha256);
  return volume.source ? { header, source: volume.source } : { header };
}

/** Counts up when a record of an earlier release would be misread. */
const VERSION = 1;

export const recordName = (imageId: string): string => `${hexOf(imageId)}.json`;
export const voxelsName = (imageId: string): string => `${hexOf(imageId)}.vol`;

const textOf = (content: object): string => JSON.stringify({ ...content, digest: sha256(JSON.stringify(content)) });

/** Writes a record as a whole, over the one that was there. */
export async function writeRecord(dir: string, { header, source }: ImageRecord): Promise<void> {
  const text = textOf({ version: VERSION, ...header, ...(source === undefined ? {} : { source }) });
  const temporary = temporaryIn(dir);
  try {
    await writeSynced(temporary, [new TextEncoder().encode(text)]);
    await rename(temporary, join(dir, recordName(header.imageId)));
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => {});
    throw thrown;
  }
  await syncFolder(dir);
}

export type FoundRecord =
  | ({ readonly outcome: "good"; readonly usedAt: number } & ImageRecord)
  /** Not what this release writes: altered, cut short, of another version, or no record at all. */
  | { readonly outcome: "foreign" }
  | { readonly outcome: "gone" }
  /** Nothing is known of its content: too many open files, no rights, a failing disk. */
  | { readonly outcome: "unreadable"; readonly reason: string };

/** Reads and checks one record. Never throws. */
export async function readRecord(dir: string, name: string): Promise<FoundRecord> {
  const path = join(dir, name);
  try {
    const record = parse(await readFile(path, "utf8"));
    if (!record || recordName(record.header.imageId) !== name) return { outcome: "foreign" };
    return { outcome: "good", usedAt: (await stat(path)).mtimeMs, ...record };
  } catch (thrown) {
    const reason = errorCode(thrown);
    if (reason === "ENOENT") return { outcome: "gone" };
    return reason === "EISDIR" ? { outcome: "foreign" } : { outcome: "unreadable", reason };
  }
}

function parse(text: string): ImageRecord | undefined {
  try {
    const { digest, ...content } = JSON.parse(text);
    if (content.version !== VERSION || digest !== sha256(JSON.stringify(content))) return undefined;
    const { version: _version, source, ...header } = content;
    const info = { ...header.info, hasSource: source !== undefined }; // records of earlier releases do not say
    return { header: { ...header, info }, source }; // the digest is right: it is what `writeRecord` wrote
  } catch {
    return undefined;
  }
}
