/** A series on its way from an archive: one picture of it is shown early, marked as that, until the whole of it is here. */
import type { ImageInfo, ImageReference } from "../../../core/wire/index.ts";
import type { OpenOptions } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";

/** Of the longer side, in pixels. */
const SIDE = 1024;
/** The series waits for the picture this long at most: fetched together, its hundreds of instances would hold it up for seconds. */
const HEAD_START_MS = 2000;

type OnProgress = NonNullable<OpenOptions["onProgress"]>;

export interface Arriving {
  /** `work` opens the series and tells how far it is. After it the picture stays until the image is shown, or until it has failed. */
  during(
    reference: ImageReference,
    signal: AbortSignal,
    work: (onProgress: OnProgress) => Promise<ImageInfo>,
  ): Promise<ImageInfo>;
}

export function createArriving({ store, segmenter }: Pick<Context, "store" | "segmenter">): Arriving {
  /** Shows the picture, unless the series is here or unwanted before it. */
  const show = async (reference: ImageReference, ended: AbortSignal, at: () => { done: number; total: number }) => {
    if (!("dicomweb" in reference)) return;
    const { sources } = await segmenter();
    const blob = await sources.thumbnail({ ...reference.dicomweb, side: SIDE }, { signal: ended });
    if (ended.aborted) return;
    const picture = URL.createObjectURL(blob);
    ended.addEventListener("abort", () => URL.revokeObjectURL(picture), { once: true });
    store.set({ arriving: { picture, ...at() } });
  };
  return {
    async during(reference, signal, work) {
      const over = new AbortController();
      const ended = AbortSignal.any([signal, over.signal]);
      let at = { done: 0, total: 0 };
      // Without a picture the sentence says how far it is.
      const shown = show(reference, ended, () => at).catch(() => {});
      const onProgress: OnProgress = ({ done, total }) => {
        if (ended.aborted) return;
        at = { done, total };
        const { arriving } = store.state;
        store.set({ loading: t.studies.fetching(done, total), arriving: arriving && { ...arriving, ...at } });
      };
      try {
        await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, HEAD_START_MS))]);
        signal.throwIfAborted();
        return await work(onProgress);
      } catch (thrown) {
        if (!signal.aborted) store.set({ arriving: undefined });
        throw thrown;
      } finally {
        over.abort();
      }
    },
  };
}
