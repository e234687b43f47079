/** Looks at a folder again and again: only files that are new or changed are asked what they are. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SegmenterError } from "../../../core/errors.ts";
import type { FileHead } from "../../../formats/index.ts";
import type { ImageStore } from "../../images/types.ts";

export interface Found {
  /** In the order of their names. */
  readonly paths: readonly string[];
  /** `null` for what no reader takes. */
  readonly heads: readonly (FileHead | null)[];
  /** Changes with a file's content. */
  readonly stampOf: (path: string) => string;
}

interface Seen {
  readonly stamp: string;
  readonly head: FileHead | null;
}

/** Looked at in one go by one process, and how many do so at a time. */
const AT_ONCE = 500;
const PROCESSES = 2;
/** Asked of the disk at a time. */
const STATS = 64;

/** Each call gives the folder as it is now. Throws TooLarge, and what the disk says. */
export function createScan(dir: string, images: Pick<ImageStore, "heads">, maxFiles: number): () => Promise<Found> {
  let seen: ReadonlyMap<string, Seen> = new Map();
  return async () => {
    const paths = await filesUnder(dir, maxFiles);
    const stamps = await stampsOf(paths);
    const there = paths.filter((path) => stamps.has(path));
    const fresh = there.filter((path) => seen.get(path)?.stamp !== stamps.get(path));
    const heads = await headsOf(fresh, images);
    const headOf = (path: string) => (heads.has(path) ? heads.get(path) : seen.get(path)?.head) ?? null;
    const now = new Map(
      there.map((path): [string, Seen] => [path, { stamp: stamps.get(path) ?? "", head: headOf(path) }]),
    );
    seen = now;
    return { paths: there, heads: there.map(headOf), stampOf: (path) => now.get(path)?.stamp ?? "" };
  };
}

async function headsOf(
  paths: readonly string[],
  images: Pick<ImageStore, "heads">,
): Promise<ReadonlyMap<string, FileHead | null>> {
  const heads = new Map<string, FileHead | null>();
  const parts = Array.from({ length: Math.ceil(paths.length / AT_ONCE) }, (_, n) =>
    paths.slice(n * AT_ONCE, (n + 1) * AT_ONCE),
  ).values();
  const walk = async () => {
    for (const part of parts)
      for (const [n, head] of (await images.heads(part)).entries()) heads.set(part[n] ?? "", head);
  };
  await Promise.all(Array.from({ length: PROCESSES }, walk));
  return heads;
}

/** A file that goes while it is looked at has no stamp. */
async function stampsOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const stamps = new Map<string, string>();
  const left = paths.values();
  const walk = async () => {
    for (const path of left) {
      const file = await stat(path).catch(() => undefined);
      if (file) stamps.set(path, `${file.size} ${file.mtimeMs}`);
    }
  };
  await Promise.all(Array.from({ length: STATS }, walk));
  return stamps;
}

/** All files of a folder and its sub-folders in the order of their names. Hidden ones are left out. */
async function filesUnder(path: string, maxFiles: number): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (files.length <= maxFiles) return files;
  throw new SegmenterError("TooLarge", { what: "files in the folder", value: files.length, limit: maxFiles });
}
