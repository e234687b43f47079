/** What the inference side tells the rest of the server; metrics and logs are made from these. No identifiers of patients or images. */
export type ServerEvent =
  | { readonly kind: "encode"; readonly modelId: string; readonly ms: number; readonly waitMs: number }
  | { readonly kind: "decode"; readonly modelId: string; readonly ms: number; readonly waitMs: number }
  | { readonly kind: "refused"; readonly lane: "encode" | "decode"; readonly code: string }
  | { readonly kind: "death"; readonly lane: "encode" | "decode"; readonly reason: string }
  | { readonly kind: "cache"; readonly tier: CacheTier; readonly outcome: "hit" | "miss" | "corrupt" | "evicted" }
  | { readonly kind: "cache-off"; readonly tier: CacheTier; readonly reason: string };

export type CacheTier = "memory" | "disk" | "logits";

/** Receives each event at once and must not throw. */
export type Observe = (event: ServerEvent) => void;

/** For callers that do not listen. */
export const ignoreEvents: Observe = () => {};
