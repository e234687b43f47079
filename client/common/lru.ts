/** Least recently used values within a byte budget. */
export interface Lru<K, V> {
  get(key: K): V | undefined;
  /** A value larger than the whole budget is still kept, alone: the caller is about to use it. */
  set(key: K, value: V, bytes: number): void;
  delete(key: K): void;
  readonly bytes: number;
}

/** A `Map` iterates in insertion order, so the first key is the oldest. */
export function lruByBytes<K, V>(maxBytes: number): Lru<K, V> {
  const entries = new Map<K, { readonly value: V; readonly bytes: number }>();
  let total = 0;

  const remove = (key: K): void => {
    total -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  };

  return {
    get bytes() {
      return total;
    },
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, bytes) {
      remove(key);
      entries.set(key, { value, bytes });
      total += bytes;
      for (const oldest of entries.keys()) {
        if (total <= maxBytes || oldest === key) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
