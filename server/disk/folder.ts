/** Folders of a cache, whatever stands in their place, and what of them is set aside. */
import { mkdir, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, temporaryIn } from "./durable.ts";

/** Inside each folder: entries that were read and are not what was written. For a look; nothing reads it. */
export const QUARANTINE = "quarantine";

/** Creates a folder that only the owner may enter. A file that stands in its place is moved aside, not deleted. */
export async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path, { recursive: true, mode: 0o700 });
  try {
    await make();
  } catch (thrown) {
    if (errorCode(thrown) !== "EEXIST") throw thrown;
    await rename(path, `${path}.aside-${Date.now()}`);
    await make();
  }
}

/** Moves an entry of a folder, file or folder, into its quarantine. */
export async function setAside(dir: string, name: string): Promise<void> {
  const aside = join(dir, QUARANTINE);
  await makeFolder(aside);
  const target = join(aside, name);
  if (await stat(target).catch(() => undefined)) await rename(target, temporaryIn(aside));
  await rename(join(dir, name), target).catch((thrown) => {
    if (errorCode(thrown) !== "ENOENT") throw thrown;
  });
}

export interface Aside {
  readonly path: string;
  readonly bytes: number;
}

/** What is set aside, oldest first. */
export async function listAside(dir: string): Promise<Aside[]> {
  const aside = join(dir, QUARANTINE);
  const names = await readdir(aside).catch(() => []);
  const found: (Aside & { at: number })[] = [];
  for (const name of names) {
    const info = await stat(join(aside, name)).catch(() => undefined);
    if (info) found.push({ path: join(aside, name), bytes: info.size, at: info.ctimeMs });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** Frees the disk of the oldest that is set aside, until the rest has at most `maxBytes` and `maxFiles`. */
export async function trimAside(
  dir: string,
  { maxBytes, maxFiles }: { maxBytes: number; maxFiles: number },
): Promise<void> {
  const all = await listAside(dir);
  let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  let files = all.length;
  for (const one of all) {
    if (bytes <= maxBytes && files <= maxFiles) return;
    await rm(one.path, { recursive: true, force: true });
    bytes -= one.bytes;
    files--;
  }
}

/** Bytes that are free to us on the disk of a folder; 0 when it cannot be asked. */
export async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize;
}
