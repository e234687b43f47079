import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import type { Limits } from "../ops/limits.ts";
import type { StoredHeader } from "./header.ts";
import type { IncomingFile } from "./types.ts";
import { voxelsOf } from "./voxels.ts";

/** Bytes that stay free on the disk of the spool. */
const FREE_FLOOR_BYTES = 256 * 2 ** 20;
const HEADER = /^[0-9a-f]{64}\.json$/;

export const hexOf = (imageId: string): string => imageId.slice("sha256:".length);

/** A disk that is full becomes DiskFull; anything else stays as it was. */
export function diskError(thrown: unknown): Error {
  const error = toError(thrown);
  const code = "code" in error ? error.code : undefined;
  const full = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
  return full ? new SegmenterError("DiskFull", { what: "image spool" }, { cause: error }) : error;
}

/** A fresh folder under the spool; its name says nothing of what it holds. */
export async function createSpool(root: string): Promise<string> {
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize < FREE_FLOOR_BYTES) throw new SegmenterError("DiskFull", { what: "image spool" });
  const dir = join(root, `${process.pid}-${randomBytes(8).toString("hex")}.tmp`);
  await mkdir(dir, { mode: 0o700 });
  return dir;
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
    const file = await open(path, "wx", 0o600);
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

/** Moves voxels that are already on this disk into place, then writes their header: the header's presence means complete. */
export async function keepImage(dir: string, header: StoredHeader, voxelPath: string): Promise<void> {
  const base = join(dir, hexOf(header.imageId));
  const temporary = `${voxelPath}.json`;
  try {
    await writeSynced(temporary, [new TextEncoder().encode(JSON.stringify(header))]);
    await rename(voxelPath, `${base}.vol`);
    await rename(temporary, `${base}.json`);
  } catch (thrown) {
    throw diskError(thrown);
  }
}

/** Writes and syncs a new file, so that a crash never leaves a torn one under a final name. */
export async function writeSynced(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Every complete image of the folder, oldest first. A header that does not parse is removed with its voxels. */
export async function scanImages(dir: string): Promise<StoredHeader[]> {
  const names = (await readdir(dir)).filter((name) => HEADER.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      try {
        const header = JSON.parse(await readFile(path, "utf8")) as StoredHeader; // our own file, named by its digest
        if (`${hexOf(header.imageId)}.json` !== name) throw new RangeError("The header is of another image.");
        return [{ header, at: (await stat(path)).mtimeMs }];
      } catch {
        await removeImage(dir, name.slice(0, 64));
        return [];
      }
    }),
  );
  return found
    .flat()
    .sort((a, b) => a.at - b.at)
    .map(({ header }) => header);
}

/** Forgets one image on disk. */
export async function removeImage(dir: string, hex: string): Promise<void> {
  await rm(join(dir, `${hex}.json`), { force: true });
  await rm(join(dir, `${hex}.vol`), { force: true });
}

/** Reads and verifies the voxels of an image; `undefined` when they are gone or not what was written. */
export async function readVoxels(dir: string, header: StoredHeader): Promise<ReturnType<typeof voxelsOf> | undefined> {
  const path = join(dir, `${hexOf(header.imageId)}.vol`);
  const bytes = await readExact(path).catch(() => undefined);
  if (!bytes) return undefined;
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
  return digest === hexOf(header.pixels) ? voxelsOf(header.dtype, bytes) : undefined;
}

/** A whole file in a buffer of exactly its size, so that any typed array may view it. */
async function readExact(path: string): Promise<ArrayBuffer> {
  const file = await open(path, "r");
  try {
    const bytes = new ArrayBuffer((await file.stat()).size);
    const target = new Uint8Array(bytes);
    for (let at = 0; at < target.length; ) {
      const { bytesRead } = await file.read(target, at, Math.min(target.length - at, 2 ** 30), at);
      if (bytesRead === 0) throw new RangeError("The file became shorter while it was read.");
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** Removes what a process that is gone has left in the spool. */
export async function sweepSpool(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = Number(/^(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1] ?? Number.NaN);
    if (pid > 0 && (pid === process.pid || !isAlive(pid))) await rm(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    const error = toError(thrown);
    return "code" in error && error.code === "EPERM";
  }
}
