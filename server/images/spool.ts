/** Where uploads wait to be read. */
import { mkdir, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { errorCode, temporaryIn } from "../disk/durable.ts";
import { freeBytes } from "../disk/folder.ts";
import type { Limits } from "../ops/limits.ts";
import type { IncomingFile } from "./types.ts";

/** A fresh folder for one upload. */
export interface Spool {
  readonly dir: string;
  /** It lies on the disk of the cache, so that voxels can be moved into the library. */
  readonly onCacheDisk: boolean;
}

/** Errors of a disk that is full. */
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
/** Errors that pass when other work has ended. */
const BUSY = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

/** A full disk becomes DiskFull, want of file handles Saturated; anything else stays as it was. */
export function diskError(thrown: unknown): Error {
  const cause = toError(thrown);
  const code = errorCode(thrown);
  if (FULL.has(code)) return new SegmenterError("DiskFull", { what: "image spool" }, { cause });
  return BUSY.has(code) ? new SegmenterError("Saturated", { retryAfterS: 1 }, { cause }) : cause;
}

/**
 * A folder under `root`, or under the system's folder for temporary files while less than `floorBytes` are free there.
 * Throws DiskFull when neither has room. Its name says nothing of what it holds.
 */
export async function createSpool(root: string, floorBytes: number): Promise<Spool> {
  let failure: Error = new SegmenterError("DiskFull", { what: "image spool" });
  for (const place of [root, tmpdir()]) {
    if ((await freeBytes(place)) < floorBytes) continue;
    const dir = temporaryIn(place);
    try {
      await mkdir(dir, { mode: 0o700 });
      return { dir, onCacheDisk: place === root };
    } catch (thrown) {
      failure = diskError(thrown);
    }
  }
  throw failure;
}

/** Writes files as they arrive, counting all bytes together. Throws TooLarge at the first byte over the limit. */
export async function spoolFiles(
  files: AsyncIterable<IncomingFile>,
  dir: string,
  limits: Pick<Limits, "uploadBytes" | "uploadFiles">,
): Promise<string[]> {
  const paths: string[] = [];
  let total = 0;
  for await (const { body } of files) {
    if (paths.length >= limits.uploadFiles) throw tooLarge("files in one upload", paths.length + 1, limits.uploadFiles);
    const path = join(dir, String(paths.length).padStart(5, "0"));
    const file = await open(path, "wx", 0o600).catch((thrown) => Promise.reject(diskError(thrown)));
    try {
      for await (const chunk of body) {
        total += chunk.byteLength;
        if (total > limits.uploadBytes) throw tooLarge("upload in bytes", total, limits.uploadBytes);
        await file.write(chunk);
      }
    } catch (thrown) {
      throw isSegmenterError(thrown) ? thrown : diskError(thrown);
    } finally {
      await file.close();
    }
    paths.push(path);
  }
  return paths;
}

const tooLarge = (what: string, value: number, limit: number) => new SegmenterError("TooLarge", { what, value, limit });
