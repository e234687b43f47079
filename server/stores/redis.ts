/** Embeddings in Redis, for all replicas. */
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import type { SharedRedis } from "./connection.ts";
import { entryTrailer, openEntry, TRAILER_BYTES } from "./entry.ts";

export interface RedisStoreOptions {
  readonly redis: SharedRedis;
  /** Of every key; each kind of entry has its own. */
  readonly prefix: string;
  /** Entries that nobody asked for that long leave. */
  readonly ttlS?: number;
  /** Larger entries are not kept. */
  readonly maxEntryBytes?: number;
  readonly observe?: Observe;
}

const TTL_S = 24 * 3600;
const MAX_ENTRY_BYTES = 32 * 2 ** 20;

/** Entries with their trailer, so that one cut or altered is a miss. A Redis that is away is a miss too, never an error. */
export function redisStore(options: RedisStoreOptions): EmbeddingStore {
  const { redis, prefix, ttlS = TTL_S, maxEntryBytes = MAX_ENTRY_BYTES, observe = ignoreEvents } = options;
  return {
    async get(id) {
      const found = await redis.ask((r) => r.getexBuffer(prefix + id, "EX", ttlS));
      const payload = found ? openEntry(ownBytes(found)) : undefined;
      const outcome = payload ? "hit" : found ? "corrupt" : "miss";
      observe({ kind: "cache", tier: "shared", outcome });
      if (outcome === "corrupt") await redis.ask((r) => r.del(prefix + id));
      return payload;
    },
    async set(id, bytes) {
      if (bytes.byteLength + TRAILER_BYTES > maxEntryBytes) return;
      const entry = Buffer.concat([bytes, entryTrailer(bytes)]);
      await redis.ask((r) => r.set(prefix + id, entry, "EX", ttlS));
    },
  };
}

/** Apart from the pool that small buffers lie in: whoever takes the bytes may transfer their memory. */
const ownBytes = (bytes: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
