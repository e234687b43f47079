import type { Digest } from "../digest.ts";

/** Content-addressed: the same id always means the same bytes. A miss is `undefined`, not an error. */
export interface EmbeddingStore {
  get(id: Digest): Promise<Uint8Array<ArrayBuffer> | undefined>;
  set(id: Digest, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}
