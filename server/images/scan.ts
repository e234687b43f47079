/** What the library finds in its folder when it opens. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { StoredHeader } from "../../core/image/header.ts";
import { setAside } from "../disk/folder.ts";
import type { Observe } from "../ops/events.ts";
import { type FoundRecord, readRecord } from "./record.ts";

const RECORD = /^[0-9a-f]{64}\.json$/;
const VOXELS = /^[0-9a-f]{64}\.vol$/;
/** Records read at the same time: far fewer than a process may have files open. */
const AT_ONCE = 16;
/** Voxels without a record that are younger may be another server's, which is about to write it. */
const ORPHAN_MS = 60_000;

/** A header, and the series that the image is of, where its file said. */
export interface ScannedImage {
  readonly header: StoredHeader;
  readonly seriesUid?: string;
}

/**
 * Every good record of the folder, least recently used first. What is no record of ours is set aside with its voxels;
 * what cannot be read says nothing of itself and stays where it is. Nothing is deleted.
 */
export async function scanImages(dir: string, observe: Observe): Promise<ScannedImage[]> {
  const names = await readdir(dir).catch(() => []); // no folder, no images: the store has told
  const found = await readAll(
    dir,
    names.filter((name) => RECORD.test(name)),
  );
  const foreign = [...found].flatMap(([name, { outcome }]) => (outcome === "foreign" ? [name] : []));
  const orphans = await orphansOf(dir, names);
  let count = 0;
  for (const name of [...foreign, ...orphans]) {
    for (const part of [name, name.replace(".json", ".vol")]) await setAside(dir, part).catch(() => {});
    count++;
  }
  if (count > 0) observe({ kind: "set-aside", what: "images", count });
  const unreadable = [...found.values()].flatMap((record) => (record.outcome === "unreadable" ? [record.reason] : []));
  const [reason] = unreadable;
  if (reason !== undefined) observe({ kind: "unreadable", what: "images", count: unreadable.length, reason });
  const good = [...found.values()].flatMap((record) => (record.outcome === "good" ? [record] : []));
  return good.sort((a, b) => a.usedAt - b.usedAt);
}

type Scanned = Exclude<FoundRecord, { outcome: "good" }> | (ScannedImage & { outcome: "good"; usedAt: number });

/** Of the source only the name of the series is kept. */
async function readAll(dir: string, names: readonly string[]): Promise<Map<string, Scanned>> {
  const found = new Map<string, Scanned>();
  const left = names.values();
  const worker = async (): Promise<void> => {
    for (const name of left) {
      const record = await readRecord(dir, name);
      found.set(name, record.outcome === "good" ? scanned(record) : record);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

function scanned({ header, source, usedAt }: Extract<FoundRecord, { outcome: "good" }>): Scanned {
  return {
    outcome: "good",
    usedAt,
    header,
    ...(source?.seriesInstanceUid !== undefined && { seriesUid: source.seriesInstanceUid }),
  };
}

/** Voxels whose record was never written: their server stopped in between. */
async function orphansOf(dir: string, names: readonly string[]): Promise<string[]> {
  const known = new Set(names);
  const orphans: string[] = [];
  for (const name of names) {
    if (!VOXELS.test(name) || known.has(name.replace(".vol", ".json"))) continue;
    const info = await stat(join(dir, name)).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > ORPHAN_MS) orphans.push(name);
  }
  return orphans;
}
