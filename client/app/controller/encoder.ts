/** Keeps the slice shown loaded and encoded, and the slices ahead warm. */

import { jsonBody } from "../../http/transport.ts";
import { t } from "../i18n.ts";
import { encodedKey, placeOf } from "../state/places.ts";
import type { OpenStudy } from "../state/state.ts";
import type { Context } from "./context.ts";
import { bareWindow, createEmbeddings, type Embeddings } from "./embeddings.ts";
import { readEvents } from "./events.ts";

const DEBOUNCE_MS = 150;
const PREFETCH_IDLE_MS = 250;
const PREFETCH_COUNT = 2;

export interface Encoder {
  /** Loads the slice shown now and encodes it after a short rest. Call after each change of place or encode window. */
  follow(direction: -1 | 0 | 1): void;
  readonly embeddings: Embeddings;
  /** Forgets embeddings: the study has changed. */
  reset(): void;
}

/** `onReady` runs each time the slice shown has become ready for prompts. */
export function createEncoder(context: Context, onReady: () => void): Encoder {
  const { store, notifier, segmenter, transport } = context;
  const embeddings = createEmbeddings(context);
  let current = new AbortController();
  let prefetch = new AbortController();

  const patch = (fields: Partial<OpenStudy>) =>
    store.update((state) => (state.study ? { ...state, study: { ...state.study, ...fields } } : state));

  const loadPixels = async (study: OpenStudy, signal: AbortSignal) => {
    const ready = await segmenter();
    const pixels = await ready.slice(placeOf(study), { signal });
    if (!signal.aborted) patch({ pixels });
  };

  const encode = async (study: OpenStudy, signal: AbortSignal) => {
    const known = study.encoded.has(encodedKey(placeOf(study), study.encodeWindow));
    if (!known) await rest(DEBOUNCE_MS, signal);
    patch({ stage: "encoding" });
    const embedding = await embeddings.of(placeOf(study), study.encodeWindow, signal);
    if (signal.aborted) return;
    patch({ embedding, stage: "ready" });
    onReady();
  };

  const warm = async (study: OpenStudy, direction: -1 | 0 | 1) => {
    if (study.plane.count < 2) return;
    prefetch = new AbortController();
    const { signal } = prefetch;
    await rest(PREFETCH_IDLE_MS, signal);
    const { imageId } = study.info;
    const { plane, slice } = placeOf(study);
    const window = study.encodeWindow ? { window: bareWindow(study.encodeWindow) } : {};
    const count = direction === 0 ? 2 * PREFETCH_COUNT : PREFETCH_COUNT;
    const body = { plane, around: slice, direction, count, ...window };
    const response = await transport.send(`v1/images/${imageId}/prefetch`, jsonBody(body, signal));
    for await (const { event, data } of readEvents(response))
      if (event === "ready" && isSliceEvent(data))
        embeddings.mark(imageId, encodedKey({ plane, slice: data.slice }, study.encodeWindow));
  };

  const follow: Encoder["follow"] = (direction) => {
    const { study } = store.state;
    if (!study) return;
    current.abort();
    prefetch.abort();
    current = new AbortController();
    const { signal } = current;
    patch({ stage: "pixels", embedding: undefined });
    const failed = (thrown: unknown) => {
      if (signal.aborted) return;
      patch({ stage: "failed" });
      notifier.failed(t.errors.encode, thrown, () => follow(direction));
    };
    Promise.all([loadPixels(study, signal), encode(study, signal)]).then(
      // Prefetch is a favour: when it fails nothing is lost, and the slice reports the failure once it is opened.
      () => warm(study, direction).catch(() => {}),
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

const isSliceEvent = (data: unknown): data is { slice: number } =>
  typeof data === "object" && data !== null && "slice" in data && typeof data.slice === "number";

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
