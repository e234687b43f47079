/** Embeddings in memory. */
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { type CacheTier, ignoreEvents, type Observe } from "../ops/events.ts";

export interface MemoryStoreOptions {
  readonly maxBytes: number;
  readonly observe?: Observe;
  /** Name of this cache in the events. */
  readonly tier?: CacheTier;
}

/** Least recently used entries leave when the sum of the bytes passes `maxBytes`; an entry larger than that is not kept. */
export function memoryStore({ maxBytes, observe = ignoreEvents, tier = "memory" }: MemoryStoreOptions): EmbeddingStore {
  const entries = new LRUCache<Digest, Uint8Array<ArrayBuffer>>({
    maxSize: maxBytes,
    sizeCalculation: (bytes) => Math.max(1, bytes.byteLength),
    dispose: (_bytes, _id, reason) => {
      if (reason === "evict") observe({ kind: "cache", tier, outcome: "evicted" });
    },
  });
  return {
    async get(id) {
      const bytes = entries.get(id);
      observe({ kind: "cache", tier, outcome: bytes ? "hit" : "miss" });
      return bytes;
    },
    async set(id, bytes) {
      entries.set(id, bytes);
    },
  };
}
