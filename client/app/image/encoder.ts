/** Keeps the slice shown loaded and encoded, and the slices ahead warm. */

import { SLICE } from "../context/connection.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { bareWindow, encodedKey, isOwn, placeOf, windowOn } from "../state/places.ts";
import { overviewOf } from "./detail.ts";
import { createEmbeddings, type Embeddings } from "./embeddings.ts";

const DEBOUNCE_MS = 150;
const PREFETCH_IDLE_MS = 250;
const PREFETCH_COUNT = 2;

export interface Encoder {
  /** Loads the slice shown now and encodes it after a short rest. Call after each change of place or encode window. */
  follow(direction: -1 | 0 | 1): void;
  readonly embeddings: Embeddings;
  /** Forgets embeddings: another image is open. */
  reset(): void;
}

/** `onReady` runs each time the slice shown has become ready for prompts. */
export function createEncoder(context: Context, onReady: () => void): Encoder {
  const { store, notifier, connection, segmenter } = context;
  const embeddings = createEmbeddings(context);
  let current = new AbortController();
  let prefetch = new AbortController();

  const patch = (fields: Partial<OpenImage>) =>
    store.update((state) => (state.image ? { ...state, image: { ...state.image, ...fields } } : state));

  const loadPixels = async (image: OpenImage, signal: AbortSignal) => {
    const ready = await segmenter();
    const pixels = await ready.slice(placeOf(image), { signal, ...overviewOf(image.plane) });
    if (!signal.aborted) patch({ pixels });
  };

  /** Who scrolls may be gone in a moment; who opens an image or jumps to a slice is not. */
  const encode = async (image: OpenImage, direction: -1 | 0 | 1, signal: AbortSignal) => {
    const known = image.encoded.has(encodedKey(placeOf(image), image.encodeWindow));
    if (!known && direction !== 0) await rest(DEBOUNCE_MS, signal);
    patch({ stage: "encoding" });
    const embedding = await embeddings.of(placeOf(image), image.encodeWindow, signal);
    if (signal.aborted) return;
    patch({ embedding, stage: "ready" });
    onReady();
  };

  const warm = async (image: OpenImage, direction: -1 | 0 | 1) => {
    if (image.plane.count < 2) return;
    prefetch = new AbortController();
    const { signal } = prefetch;
    await rest(PREFETCH_IDLE_MS, signal);
    const place = placeOf(image);
    const { encodeWindow, plane } = image;
    // The server knows the own window of each slice.
    const window = encodeWindow && !isOwn(encodeWindow) ? { window: bareWindow(encodeWindow) } : {};
    const count = direction === 0 ? 2 * PREFETCH_COUNT : PREFETCH_COUNT;
    const ready = await segmenter();
    for await (const slice of ready.prefetch({ ...place, direction, count, ...window }, { signal }))
      embeddings.mark(place.imageId, encodedKey({ plane: place.plane, slice }, windowOn(encodeWindow, plane, slice)));
  };

  const follow: Encoder["follow"] = (direction) => {
    const { image } = store.state;
    if (!image) return;
    current.abort();
    prefetch.abort();
    current = new AbortController();
    const { signal } = current;
    notifier.settled(SLICE);
    patch({ stage: "pixels", embedding: undefined });
    const again = () => follow(direction);
    const failed = (thrown: unknown) => {
      if (signal.aborted) return;
      patch({ stage: "failed" });
      if (connection.takes(thrown, SLICE, again)) return;
      notifier.failed(t.errors.encode, thrown, { cause: SLICE, retry: again });
    };
    Promise.all([loadPixels(image, signal), encode(image, direction, signal)]).then(
      // Prefetch is a favour: when it fails nothing is lost, and the slice reports the failure once it is opened.
      () => warm(image, direction).catch(() => {}),
      failed,
    );
  };

  return {
    follow,
    embeddings,
    reset() {
      current.abort();
      prefetch.abort();
      embeddings.clear();
    },
  };
}

/** Waits; rejects with the signal's reason. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
