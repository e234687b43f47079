/** Where a structure is: ticks at the slices, without a mask. */
import type { JobPlace } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { wholePlane } from "./through.ts";

export interface Locating {
  /** Looks through all slices of the plane shown. */
  where(name: string): void;
  /** Ends the search and takes its ticks away. */
  forget(): void;
}

export function createLocating({ store, notifier, segmenter }: Context): Locating {
  let running: AbortController | undefined;

  const look = async (name: string, own: AbortController) => {
    const { image } = store.state;
    if (!image) return;
    const places: JobPlace[] = [];
    const show = (done: number, total: number) =>
      store.set({
        located: { name, plane: image.plane.plane, imageId: image.info.imageId, places: [...places], done, total },
      });
    show(0, image.plane.count);
    for await (const { done, total, where } of (await segmenter()).locate(name, wholePlane(image), {
      signal: own.signal,
    })) {
      if (own.signal.aborted || store.state.image?.info.imageId !== image.info.imageId) return own.abort();
      places.push(...where);
      show(done, total);
    }
    notifier.say(t.locating.said(name, places.filter(({ shown }) => shown).length, image.plane.count));
  };

  return {
    where(name) {
      running?.abort();
      const own = new AbortController();
      running = own;
      look(name, own).catch((thrown: unknown) => {
        if (own.signal.aborted) return;
        store.set({ located: undefined });
        notifier.failed(t.locating.failed(name), thrown, { cause: "where" });
      });
    },
    forget() {
      running?.abort();
      running = undefined;
      store.set({ located: undefined });
    },
  };
}
