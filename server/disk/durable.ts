/** Files of a cache that survive a crash: they get their name when every byte is on the disk. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { toError } from "../../core/errors.ts";

/** Ours while we write; machine and process tell a later start whether the writer still lives. */
const TEMPORARY = /^(?:([0-9a-f]{12})-)?(\d+)-[0-9a-f]+\.tmp$/;
/** On a folder that machines share nobody can ask whether the process of another one lives: after this long it does not write. */
const ABANDONED_MS = 24 * 3_600_000;

/** This machine, or this container: every one of them has a process 1. */
const MACHINE = createHash("sha256").update(`${hostname()} ${machineId()}`).digest("hex").slice(0, 12);

/** A fresh name in a folder for a file or folder in the making; it says nothing of what it holds. */
export const temporaryIn = (dir: string): string =>
  join(dir, `${MACHINE}-${process.pid}-${randomBytes(8).toString("hex")}.tmp`);

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

/** Removes what processes that are gone have left unfinished, and what other machines have not touched for a day. */
export async function sweepTemporaries(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const [isTemporary, machine, pid] = TEMPORARY.exec(name) ?? [];
    if (!isTemporary) continue;
    const path = join(dir, name);
    const gone = machine === MACHINE ? isGone(Number(pid)) : await isAbandoned(path);
    if (gone) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** At a start nothing of ours is being written: what carries our number is of one before us. */
const isGone = (pid: number): boolean => pid > 0 && (pid === process.pid || !isAlive(pid));

async function isAbandoned(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > ABANDONED_MS;
}

function machineId(): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim();
  } catch {
    return ""; // no Linux, or a container without one
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
