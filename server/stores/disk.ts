/** Embeddings on disk. */
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { errorCode, sweepTemporaries, writeWhole } from "../disk/durable.ts";
import { freeBytes, makeFolder, setAside, trimAside } from "../disk/folder.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { entryTrailer, openEntry, TRAILER_BYTES } from "./entry.ts";

export interface DiskStoreOptions {
  readonly dir: string;
  readonly maxBytes: number;
  /** Nothing is written while less than this is free on the disk. */
  readonly floorBytes?: number;
  readonly observe?: Observe;
}

const ID = /^sha256:([0-9a-f]{64})$/;
const ENTRY = /^[0-9a-f]{64}\.emb$/;
/** After a failed write the cache only reads for this long, then tries again. */
const REST_MS = 60_000;
const MAX_ASIDE = { maxBytes: 64 * 2 ** 20, maxFiles: 16 };

/**
 * Files that survive a crash: written beside, synced, renamed; read only when length and hash agree.
 * A disk that fails or is full turns writing off for a minute, it never fails a request.
 */
export async function diskStore(options: DiskStoreOptions): Promise<EmbeddingStore> {
  const { dir, maxBytes, floorBytes = 0, observe = ignoreEvents } = options;
  await makeFolder(dir);
  await sweepTemporaries(dir);
  const index = new LRUCache<string, number>({ maxSize: maxBytes, sizeCalculation: (bytes) => bytes, dispose });
  const evicted: string[] = [];
  let restUntil = 0; // on the clock that never jumps

  function dispose(_bytes: number, name: string, reason: LRUCache.DisposeReason): void {
    if (reason === "evict") evicted.push(name);
  }
  /** Counts an entry as just used; what no longer fits is deleted. */
  const keep = async (name: string, bytes: number): Promise<void> => {
    index.set(name, bytes);
    for (const old of evicted.splice(0)) {
      observe({ kind: "cache", tier: "disk", outcome: "evicted" });
      await rm(join(dir, old), { force: true }).catch(() => {});
    }
  };
  const rest = (reason: string): void => {
    restUntil = performance.now() + REST_MS;
    observe({ kind: "cache-off", tier: "disk", reason });
  };
  for (const { name, bytes } of await entriesByAge(dir, observe)) await keep(name, bytes);
  return {
    async get(id) {
      const name = fileName(id);
      const read = await readEntry(dir, name);
      observe({ kind: "cache", tier: "disk", outcome: read.outcome });
      if (read.outcome === "hit") await keep(name, read.payload.byteLength + TRAILER_BYTES);
      else if (read.outcome === "corrupt" || read.gone) index.delete(name);
      return read.outcome === "hit" ? read.payload : undefined;
    },
    async set(id, bytes) {
      const name = fileName(id);
      const size = bytes.byteLength + TRAILER_BYTES;
      if (size > maxBytes || index.has(name) || performance.now() < restUntil) return;
      if (floorBytes > 0 && (await freeBytes(dir)) < floorBytes) return rest("FLOOR");
      try {
        await writeWhole(dir, name, [bytes, entryTrailer(bytes)]);
        await keep(name, size);
      } catch (thrown) {
        rest(errorCode(thrown));
      }
    },
  };
}

type Read =
  | { readonly outcome: "hit"; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly outcome: "miss"; readonly gone: boolean }
  | { readonly outcome: "corrupt" };

/** A hit is touched, so that the order of use outlives the process; a bad file is moved aside, one that cannot be read stays. */
async function readEntry(dir: string, name: string): Promise<Read> {
  const path = join(dir, name);
  try {
    const payload = openEntry(await readFile(path));
    if (!payload) {
      await quarantine(dir, name);
      return { outcome: "corrupt" };
    }
    const now = new Date();
    utimes(path, now, now).catch(() => {});
    return { outcome: "hit", payload };
  } catch (thrown) {
    return { outcome: "miss", gone: errorCode(thrown) === "ENOENT" };
  }
}

function fileName(id: Digest): string {
  const hex = ID.exec(id)?.[1];
  if (!hex) throw new RangeError(`Expected sha256: and 64 hex digits, got ${id.length} other characters.`);
  return `${hex}.emb`;
}

/** Oldest use first. What is no file, or too short to be an entry, is set aside. */
async function entriesByAge(dir: string, observe: Observe): Promise<{ name: string; bytes: number }[]> {
  const found: { name: string; bytes: number; usedAt: number }[] = [];
  let count = 0;
  for (const name of (await readdir(dir)).filter((name) => ENTRY.test(name))) {
    const info = await stat(join(dir, name)).catch(() => undefined);
    if (!info) continue;
    if (info.isFile() && info.size >= TRAILER_BYTES) found.push({ name, bytes: info.size, usedAt: info.mtimeMs });
    else {
      await quarantine(dir, name);
      count++;
    }
  }
  if (count > 0) observe({ kind: "set-aside", what: "embeddings", count });
  return found.sort((a, b) => a.usedAt - b.usedAt);
}

/** Moves a bad entry aside for a look, keeping only a few of them. */
async function quarantine(dir: string, name: string): Promise<void> {
  await setAside(dir, name).catch(() => {});
  await trimAside(dir, MAX_ASIDE).catch(() => {});
}
