import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { toError } from "../../core/errors.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { entryTrailer, openEntry, TRAILER_BYTES } from "./entry.ts";

export interface DiskStoreOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly observe?: Observe;
}

const ID = /^sha256:([0-9a-f]{64})$/;
const ENTRY = /^[0-9a-f]{64}\.emb$/;
const TEMP = /^(\d+)-[0-9a-f]+\.tmp$/;
/** After a failed write the cache only reads for this long, then tries again. */
const REST_MS = 60_000;
const MAX_QUARANTINED = 16;

/**
 * Files that survive a crash: written beside, synced, renamed; read only when length and hash agree.
 * A disk that fails turns writing off for a minute, it never fails a request.
 */
export async function diskStore({ dir, maxBytes, observe = ignoreEvents }: DiskStoreOptions): Promise<EmbeddingStore> {
  await prepare(dir);
  const index = new LRUCache<string, number>({ maxSize: maxBytes, sizeCalculation: (bytes) => bytes, dispose });
  const evicted: string[] = [];
  let restUntil = 0;

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
  for (const { name, bytes } of await entriesByAge(dir)) await keep(name, bytes);
  return {
    async get(id) {
      const name = fileName(id);
      const read = await readEntry(dir, name);
      observe({ kind: "cache", tier: "disk", outcome: read.outcome });
      if (read.outcome === "hit") await keep(name, read.payload.byteLength + TRAILER_BYTES);
      else index.delete(name);
      return read.outcome === "hit" ? read.payload : undefined;
    },
    async set(id, bytes) {
      const name = fileName(id);
      const size = bytes.byteLength + TRAILER_BYTES;
      if (size > maxBytes || index.has(name) || Date.now() < restUntil) return;
      try {
        await writeAtomic(dir, name, bytes);
        await keep(name, size);
      } catch (thrown) {
        restUntil = Date.now() + REST_MS;
        observe({ kind: "cache-off", tier: "disk", reason: errorCode(thrown) });
      }
    },
  };
}

type Read =
  | { readonly outcome: "hit"; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly outcome: "miss" | "corrupt" };

/** A hit is touched, so that the order of use outlives the process; a bad file is moved aside. */
async function readEntry(dir: string, name: string): Promise<Read> {
  const path = join(dir, name);
  const file = await readFile(path).catch(() => undefined);
  if (!file) return { outcome: "miss" };
  const payload = openEntry(file);
  if (!payload) {
    await quarantine(dir, name);
    return { outcome: "corrupt" };
  }
  const now = new Date();
  utimes(path, now, now).catch(() => {});
  return { outcome: "hit", payload };
}

function fileName(id: Digest): string {
  const hex = ID.exec(id)?.[1];
  if (!hex) throw new RangeError(`Expected sha256: and 64 hex digits, got ${id.length} other characters.`);
  return `${hex}.emb`;
}

/** Creates the folder and removes temporary files whose writer is gone. */
async function prepare(dir: string): Promise<void> {
  await mkdir(join(dir, "quarantine"), { recursive: true, mode: 0o700 });
  for (const name of await readdir(dir)) {
    const writer = Number(TEMP.exec(name)?.[1] ?? Number.NaN);
    if (writer > 0 && (writer === process.pid || !isAlive(writer))) await rm(join(dir, name), { force: true });
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

/** Oldest use first. */
async function entriesByAge(dir: string): Promise<{ name: string; bytes: number }[]> {
  const names = (await readdir(dir)).filter((name) => ENTRY.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const info = await stat(join(dir, name)).catch(() => undefined);
      return info ? [{ name, bytes: info.size, usedAt: info.mtimeMs }] : [];
    }),
  );
  return found.flat().sort((a, b) => a.usedAt - b.usedAt);
}

/** The name appears only when every byte is on the disk (fsync of file and folder); a crash leaves a `.tmp`. */
async function writeAtomic(dir: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dir, `${process.pid}-${randomBytes(8).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.writeFile(entryTrailer(bytes));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(dir, name));
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => {});
    throw thrown;
  }
  const folder = await open(dir, "r");
  await folder.sync().finally(() => folder.close());
}

/** Moves a bad entry aside for a look, keeping only a few of them. */
async function quarantine(dir: string, name: string): Promise<void> {
  const aside = join(dir, "quarantine");
  const kept = await readdir(aside).catch(() => []);
  if (kept.length >= MAX_QUARANTINED) await rm(join(dir, name), { force: true });
  else await rename(join(dir, name), join(aside, name)).catch(() => {});
}

function errorCode(thrown: unknown): string {
  const error = toError(thrown);
  return "code" in error ? String(error.code) : error.name;
}
