/** What stores and processes tell the rest of the server; metrics and logs are made from these. No identifiers of patients or images. */
export type ServerEvent =
  | { readonly kind: "encode"; readonly modelId: string; readonly ms: number; readonly waitMs: number }
  | { readonly kind: "decode"; readonly modelId: string; readonly ms: number; readonly waitMs: number }
  /** A job of the shared queue has been taken by a worker. */
  | { readonly kind: "queued"; readonly waitMs: number }
  | { readonly kind: "refused"; readonly lane: LaneName; readonly code: string }
  | { readonly kind: "death"; readonly lane: LaneName; readonly reason: string }
  | { readonly kind: "cache"; readonly tier: CacheTier; readonly outcome: "hit" | "miss" | "corrupt" | "evicted" }
  | { readonly kind: "cache-off"; readonly tier: CacheTier; readonly reason: string }
  /** Entries of a cache that are not what was written: moved aside, never served. */
  | { readonly kind: "set-aside"; readonly what: StoredThing; readonly count: number }
  /** Entries that could not be read, which says nothing of them: left where they are. */
  | { readonly kind: "unreadable"; readonly what: StoredThing; readonly count: number; readonly reason: string }
  /** Entries that left to make room. */
  | { readonly kind: "evicted"; readonly what: StoredThing; readonly count: number }
  /** The folder of a cache cannot be used: what belongs there is kept in memory alone. */
  | { readonly kind: "no-folder"; readonly what: StoredThing; readonly reason: string };

export type StoredThing = "images" | "embeddings";

/** Queues in front of child processes. */
export type LaneName = "encode" | "decode" | "read" | "text";

/** `wire`: embeddings in memory as they travel. */
export type CacheTier = "memory" | "wire" | "disk" | "shared" | "logits";

/** Receives each event at once and must not throw. */
export type Observe = (event: ServerEvent) => void;

/** For callers that do not listen. */
export const ignoreEvents: Observe = () => {};
