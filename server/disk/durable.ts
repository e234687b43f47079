/** Files of a cache that survive a crash: they get their name when every byte is on the disk. */
import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { toError } from "../../core/errors.ts";

/** Ours while we write; the number tells a later start whether the writer still lives. */
const TEMPORARY = /^(\d+)-[0-9a-f]+\.tmp$/;

/** A fresh name in a folder for a file or folder in the making; it says nothing of what it holds. */
export const temporaryIn = (dir: string): string => join(dir, `${process.pid}-${randomBytes(8).toString("hex")}.tmp`);

/** Writes and syncs a new file that only the owner may read. Throws when it exists. */
export async function writeSynced(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes `name` as a whole or not at all, over what was there; a crash leaves a temporary file. */
export async function writeWhole(dir: string, name: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = temporaryIn(dir);
  try {
    await writeSynced(temporary, parts);
    await rename(temporary, join(dir, name));
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => {});
    throw thrown;
  }
  await syncFolder(dir);
}

/** Makes new names of a folder outlive a crash. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, "r");
  await folder.sync().finally(() => folder.close());
}

/** Removes what processes that are gone have left unfinished. */
export async function sweepTemporaries(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const writer = Number(TEMPORARY.exec(name)?.[1] ?? Number.NaN);
    if (writer > 0 && (writer === process.pid || !isAlive(writer))) {
      await rm(join(dir, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return errorCode(thrown) === "EPERM";
  }
}

/** `ENOENT` and its like, else the class of the error. */
export function errorCode(thrown: unknown): string {
  const error = toError(thrown);
  return "code" in error ? String(error.code) : error.name;
}
