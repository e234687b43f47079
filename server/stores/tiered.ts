/** Two stores as one: a quick one in front of a large one. */
import type { EmbeddingStore } from "../../core/embedding/store.ts";

/** Reads `first`, then `second`; what only `second` knows is copied up, and nobody waits for that. Writes go to both. */
export function tieredStore(first: EmbeddingStore, second: EmbeddingStore): EmbeddingStore {
  return {
    async get(id) {
      const near = await first.get(id);
      if (near) return near;
      const far = await second.get(id);
      if (far) first.set(id, far).catch(() => {}); // without the copy the next one asks `second` again
      return far;
    },
    async set(id, bytes) {
      await Promise.all([first.set(id, bytes), second.set(id, bytes)]);
    },
  };
}
