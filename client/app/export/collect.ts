/** The masks of the open image as one segmentation: all that the log asks for, or none. */
import type { Chain } from "../../../core/annotation/chain.ts";
import { filledOnly, type Segmentation } from "../../../core/annotation/segmentation.ts";
import type { Digest } from "../../../core/digest.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Rle } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { chainPlace, wantedChains } from "../state/chains.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf, saidOf } from "../state/places.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../state/store.ts";

export interface Progress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** How many of the masks that are asked for are there; `here` counts those of the slice shown alone. */
export function progressOf(state: State, here = false): Progress {
  const chains = chainsIn(state, here);
  const done = chains.filter((chain) => state.masks.get(chainPlace(chain))?.chain === chain.key).length;
  return { done, failed: chains.filter(({ key }) => state.failed.has(key)).length, total: chains.length };
}

function chainsIn(state: State, here: boolean) {
  const { image } = state;
  const all = wantedChains(state);
  return here && image ? all.filter(({ at }) => sliceKeyOf(at) === sliceKeyOf(placeOf(image))) : all;
}

interface Sources extends Pick<Context, "store" | "segmenter"> {
  /** Run lengths of a mask that stands in the log by its digest. */
  readonly kept: (mask: Digest) => Promise<Rle>;
}

/**
 * Waits until every mask is there, then takes them as any host of the package would; what is on the screen is not decoded
 * again. Rejects with the count when some cannot be made, and with the signal's reason.
 */
export async function collect(
  { store, segmenter, kept }: Sources,
  { here, signal }: { here: boolean; signal: AbortSignal },
): Promise<Segmentation> {
  const { log, hidden, image, masks } = await whenWhole(store, { here, signal });
  const ready = await segmenter();
  const decoded = (chain: Chain) => {
    const view = masks.get(chainPlace(chain));
    return view?.chain === chain.key ? view.candidates : undefined;
  };
  const place = here ? { place: placeOf(image) } : {};
  const found = await ready.segmentation(log, image.info.imageId, {
    ...{ hidden, kept, decoded, signal },
    ...{ ...place, ...saidOf(image) },
  });
  return filledOnly(found);
}

function whenWhole(store: Store, { here, signal }: { here: boolean; signal: AbortSignal }) {
  return new Promise<State & { readonly image: OpenImage }>((resolve, reject) => {
    const look = () => {
      const { image } = store.state;
      const { done, failed, total } = progressOf(store.state, here);
      if (!image || done + failed < total) return;
      stop();
      if (failed > 0) reject(new IncompleteError(failed, total));
      else resolve({ ...store.state, image });
    };
    const stop = store.subscribe(look);
    signal.addEventListener("abort", () => {
      stop();
      reject(signal.reason);
    });
    look();
  });
}

/** Some masks cannot be computed now: what was left out of an export would be missed by nobody until it is too late. */
export class IncompleteError extends Error {
  readonly failed: number;
  readonly total: number;

  constructor(failed: number, total: number) {
    super(`${failed} of ${total} masks are missing.`);
    this.name = "IncompleteError";
    this.failed = failed;
    this.total = total;
  }
}
