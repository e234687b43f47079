/** From edited masks to the log: kept first, then named, and shown without being read back. */
import { chainsOf } from "../../../core/annotation/chain.ts";
import type { LogAction } from "../../../core/annotation/entries.ts";
import type { Digest } from "../../../core/digest.ts";
import type { PlacedMask } from "../../../core/edit/stack.ts";
import { type Mask, maskArea } from "../../../core/mask/mask.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { Rle } from "../../../core/wire/index.ts";
import type { LogWriter } from "../annotate/log-writer.ts";
import { tell } from "../annotate/tell.ts";
import type { Context } from "../context/context.ts";
import type { OpenImage } from "../state/open-image.ts";
import { maskKey, placeOf } from "../state/places.ts";
import type { MaskView, State } from "../state/state.ts";

export interface EditOptions {
  readonly writer: LogWriter;
  /** Keeps masks before the log names them. */
  readonly keepMasks: (masks: readonly Rle[]) => readonly Digest[];
}

/** New masks of one segment, or a line that goes with them. */
export type Change = { readonly segmentId: string; readonly masks: readonly PlacedMask[] } | LogAction;

/** One step of undo for all changes together; false when this tab may not write. `image` is the one that the masks lie on. */
export type WriteMasks = (image: OpenImage, changes: readonly Change[], fields?: Partial<State>) => boolean;

export function createWriteMasks(context: Context, { writer, keepMasks }: EditOptions): WriteMasks {
  const { store } = context;
  return (image, changes, fields = {}) => {
    if (!writer.mayWrite()) return false;
    const { imageId } = image.info;
    const fresh = new Map<Digest, Mask>();
    const actions = changes.flatMap((change): LogAction[] => {
      if ("kind" in change) return [change];
      const { segmentId, masks } = change;
      if (masks.length === 0) return [];
      const digests = keepMasks(masks.map(({ mask }) => encodeRle(mask)));
      const kept = masks.map(({ plane, slice }, n) => ({ at: { imageId, plane, slice }, mask: digests[n] }));
      masks.forEach(({ mask }, n) => void fresh.set(digests[n], mask));
      return [{ kind: "masks", segmentId, origin: "edited", masks: kept }];
    });
    const written = writer.actAsOne(actions, (log) => {
      const views = new Map(store.state.masks);
      for (const { base, steps, at, key, segmentId } of chainsOf(log, imageId)) {
        const mask = base && steps.length === 0 ? fresh.get(base.mask) : undefined;
        if (mask) views.set(maskKey(segmentId, at), viewOf(key, mask));
      }
      return { masks: views, ...fields };
    });
    const [first] = changes.flatMap((change) => ("kind" in change ? [] : [change.segmentId]));
    if (written && first) tellHere(context, first);
    return written;
  };
}

function tellHere(context: Context, segmentId: string): void {
  const { image, masks } = context.store.state;
  const view = image && masks.get(maskKey(segmentId, placeOf(image)));
  if (view) tell(context, segmentId, view);
}

function viewOf(chain: string, mask: Mask): MaskView {
  const candidates = [{ ...mask, predictedIou: 1 }];
  return { chain, candidates, chosen: 0, origin: "edited", doubtful: false, area: maskArea(mask), ms: 0 };
}
