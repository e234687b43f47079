/** The precisions in which an embedding travels: each made once from the float32 that is stored, and kept beside it. */
import type { Digest } from "../../core/digest.ts";
import { transcodeEmbedding, type Wire } from "../../core/embedding/file.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";

/** What is stored is the encoder's own float32, so that a hit answers byte for byte what the miss did. */
export const STORED: Wire = "f32";
/** What is sent where `Accept` says nothing, and what decoders of most models read. */
const USUAL: Wire = "i8";

export interface WireForms {
  /** Rejects as `stored` does. */
  bytes(id: Digest, wire: Wire): Promise<Uint8Array<ArrayBuffer>>;
  /** Whichever precision costs least: all carry the same metadata. Rejects as `stored` does. */
  any(id: Digest): Promise<Uint8Array<ArrayBuffer>>;
}

/** An eight-bit embedding is a quarter of the stored one, which counts where it comes from another machine. */
export function wireForms(stored: (id: Digest) => Promise<Uint8Array<ArrayBuffer>>, kept?: EmbeddingStore): WireForms {
  return {
    async bytes(id, wire) {
      if (wire === STORED) return stored(id);
      const name = formName(id, wire);
      const found = await kept?.get(name);
      if (found) return found;
      const made = transcodeEmbedding(await stored(id), wire);
      kept?.set(name, made).catch(() => {}); // it is made again
      return made;
    },
    any: async (id) => (await kept?.get(formName(id, USUAL))) ?? stored(id),
  };
}

const formName = (id: Digest, wire: Wire): Digest => `${id}.${wire}`;
