/** Strokes of brush and eraser: painted into a mask in memory, and one line of the log when they end. */
import { chainsOf } from "../../../core/annotation/chain.ts";
import { insideRange } from "../../../core/annotation/edit.ts";
import type { LogAction } from "../../../core/annotation/entries.ts";
import type { PromptLog } from "../../../core/annotation/log.ts";
import type { Digest } from "../../../core/digest.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Slice } from "../../../core/image/volume.ts";
import { type Dab, paintStroke } from "../../../core/mask/brush.ts";
import { createMask, type Mask } from "../../../core/mask/mask.ts";
import { measureMask } from "../../../core/mask/measurements.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { Rle } from "../../../core/wire/index.ts";
import type { LogWriter } from "../annotate/log-writer.ts";
import { chainPlace, wantedChains } from "../annotate/masks.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { maskKey, placeOf } from "../state/places.ts";
import { activeSegmentOf, nextSegment, openSegmentOf } from "../state/segments.ts";
import type { MaskView, OpenImage, State } from "../state/state.ts";

export interface Strokes {
  /** Begins a stroke with the active segment, or with a new one where there is none to paint into. */
  begin(value: 0 | 1, at: Dab): void;
  move(to: Dab): void;
  /** The stroke becomes a line of the log; one that changed nothing leaves none. */
  end(): void;
  /** As if it had never begun. */
  cancel(): void;
}

export interface EditOptions {
  readonly writer: LogWriter;
  /** Keeps masks before the log names them. */
  readonly keepMasks: (masks: readonly Rle[]) => readonly Digest[];
}

/** What a stroke needs until it ends. */
interface Run {
  readonly value: 0 | 1;
  readonly aspect: number;
  readonly within: Uint8Array | undefined;
  readonly pixels: Slice;
  last: Dab;
  changed: boolean;
}

export function createStrokes(context: Context, { writer, keepMasks }: EditOptions): Strokes {
  const { store, notifier } = context;
  let run: Run | undefined;

  const paint = (to: Dab) => {
    const { stroke } = store.state;
    if (!run || !stroke) return;
    const { last, ...how } = run;
    const changed = paintStroke(stroke.mask, last, to, how);
    run.last = to;
    run.changed ||= changed;
    if (changed) store.set({ stroke: { ...stroke, version: stroke.version + 1 } });
  };

  const cancel = () => {
    run = undefined;
    if (store.state.stroke) store.set({ stroke: undefined });
  };

  return {
    begin(value, at) {
      const { image, brush, log } = store.state;
      if (!image?.pixels || !writer.mayWrite()) return;
      const start = startOf(store.state, image, value);
      if ("refused" in start) return notifier.info(start.refused, { cause: "edit" });
      const { pixels } = image;
      const [pitchX, pitchY] = image.plane.spacingMm ?? [1, 1];
      const within = brush.range && insideRange(pixels, brush.range.low, brush.range.high);
      run = { value, aspect: pitchY / pitchX, within, pixels, last: at, changed: false };
      const colour = start.segment?.colour ?? nextSegment(log).colour;
      const stroke = { at: placeOf(image), segmentId: start.segment?.id, colour, mask: start.mask, version: 0 };
      store.set({ stroke, preview: undefined });
      paint(at);
    },
    move: paint,
    end() {
      const { stroke, log } = store.state;
      const done = run;
      if (!stroke || !done?.changed) return cancel();
      run = undefined;
      const { at, mask } = stroke;
      const added = stroke.segmentId === undefined ? addSegment(log) : undefined;
      const segmentId = stroke.segmentId ?? added?.segmentId ?? "";
      const [digest] = keepMasks([encodeRle(mask)]);
      const edited: LogAction = { kind: "masks", segmentId, origin: "edited", masks: [{ at, mask: digest }] };
      const shown = (after: PromptLog): Partial<State> => {
        const masks = new Map(store.state.masks).set(
          maskKey(segmentId, at),
          viewOf(after, segmentId, at, mask, done.pixels),
        );
        return { stroke: undefined, activeSegment: segmentId, masks };
      };
      if (!writer.act([...(added ? [added] : []), edited], shown)) cancel();
    },
    cancel,
  };
}

type Start =
  | { readonly refused: string }
  | { readonly mask: Mask; readonly segment: { readonly id: string; readonly colour: string } | undefined };

/** What a stroke begins with: the mask of the open segment on this slice, as it is shown, or nothing. */
function startOf(state: State, image: OpenImage, value: 0 | 1): Start {
  const active = activeSegmentOf(state);
  const open = openSegmentOf(state);
  if (value === 0 && active?.locked) return { refused: t.said.locked(active.name) };
  const { width, height } = image.plane;
  const key = open && maskKey(open.id, placeOf(image));
  const chain = wantedChains(state).find((candidate) => chainPlace(candidate) === key);
  const view = key === undefined ? undefined : state.masks.get(key);
  if (chain && view?.chain !== chain.key) return { refused: t.said.maskWaits };
  if (value === 0 && !chain) return { refused: t.said.nothingToErase };
  const mask = createMask(width, height, view?.candidates[view.chosen].data.slice());
  return { mask, segment: open };
}

/** A mask as the log now asks for it, so that it need not be read back. */
function viewOf(log: PromptLog, segmentId: string, at: SliceRef, mask: Mask, pixels: Slice): MaskView {
  const chain = chainsOf(log, at.imageId).find((candidate) => chainPlace(candidate) === maskKey(segmentId, at));
  const candidates = [{ ...mask, predictedIou: 1 }];
  return { chain: chain?.key ?? "", candidates, chosen: 0, measurement: measureMask(mask, pixels), ms: 0 };
}
