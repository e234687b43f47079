/** The embeddings of the open image: each is asked for once, and its slice gets a tick. */
import type { Digest } from "../../../core/digest.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Window } from "../../../core/image/volume.ts";
import type { Embedding } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { bareWindow, encodedKey } from "../state/places.ts";

export interface Embeddings {
  /** The embedding of a slice, made when it is not there yet. */
  of(place: SliceRef, window: Window | null, signal?: AbortSignal): Promise<Embedding>;
  /** Gives a slice its tick. */
  mark(imageId: Digest, key: string): void;
  clear(): void;
}

export function createEmbeddings({ store, segmenter }: Context): Embeddings {
  const known = new Map<string, Promise<Embedding>>();

  const mark: Embeddings["mark"] = (imageId: Digest, key: string) =>
    store.update((state) => {
      const { image } = state;
      if (!image || image.info.imageId !== imageId || image.encoded.has(key)) return state;
      return { ...state, image: { ...image, encoded: new Set(image.encoded).add(key) } };
    });

  const of: Embeddings["of"] = (place, window, signal) => {
    const { imageId, plane, slice } = place;
    const key = encodedKey(place, window);
    const existing = known.get(key);
    if (existing) return existing;
    const made = segmenter().then((ready) => {
      const ref = { imageId, plane, slice, ...(window ? { window: bareWindow(window) } : {}) };
      return ready.embed(ref, signal ? { signal } : {});
    });
    known.set(key, made);
    const forget = () => {
      if (known.get(key) === made) known.delete(key);
    };
    // An aborted request must not be handed to whoever asks next, even before it has rejected.
    signal?.addEventListener("abort", forget);
    made.then(() => mark(imageId, key), forget).finally(() => signal?.removeEventListener("abort", forget));
    return made;
  };

  return { of, mark, clear: () => known.clear() };
}
