/** The masks on the screen as one segmentation: all that the log asks for, or none. */
import { isNamed } from "../../../core/annotation/chain.ts";
import { measurementsOf } from "../../../core/annotation/measurements.ts";
import { type Segmentation, type SliceMask, segmentationHeader } from "../../../core/annotation/segmentation.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import { chainPlace, wantedChains } from "../state/chains.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
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

/** Resolves once every mask is there; rejects with the count when some cannot be made, and with the signal's reason. */
export function collect(store: Store, { here, signal }: { here: boolean; signal: AbortSignal }): Promise<Segmentation> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const { image } = store.state;
      const { done, failed, total } = progressOf(store.state, here);
      if (!image || done + failed < total) return;
      stop();
      if (failed > 0) reject(new IncompleteError(failed, total));
      else resolve(segmentationOf(store.state, image, here));
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

/** Masks that are empty say nothing, and segments without a mask are not in it. */
function segmentationOf(state: State, { info, modality }: OpenImage, here: boolean): Segmentation {
  const masks = chainsIn(state, here).flatMap((chain): SliceMask[] => {
    const view = state.masks.get(chainPlace(chain));
    const mask = view?.candidates[view.chosen];
    if (!view || !mask || view.area === 0) return [];
    const { plane, slice } = chain.at;
    const { segmentId } = chain;
    const doubtful = view.doubtful ? { doubtful: true } : {};
    const named = isNamed(chain) ? { byName: true } : {};
    const { origin } = view;
    return [{ segmentId, plane, slice, mask, origin, predictedIou: mask.predictedIou, ...doubtful, ...named }];
  });
  const used = new Set(masks.map(({ segmentId }) => segmentId));
  return {
    header: segmentationHeader(info),
    segments: segmentList(state).filter(({ id }) => used.has(id)),
    masks,
    measurements: measurementsOf(state.log).filter(({ at }) => at.imageId === info.imageId),
    ...(modality === "CT" && { valueUnit: "HU" }),
  };
}
