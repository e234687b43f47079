/** Strokes of brush and eraser: painted into a mask in memory, and one line of the log when they end. */
import { insideRange } from "../../../core/edit/edit.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import { type Dab, paintStroke } from "../../../core/mask/brush.ts";
import { createMask, type Mask } from "../../../core/mask/mask.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf } from "../state/places.ts";
import { activeSegmentOf, nextSegment, openSegmentOf } from "../state/segments.ts";
import { maskFromElsewhere } from "../state/shown.ts";
import type { State } from "../state/state.ts";
import { maskHere } from "./current.ts";
import { createWriteMasks, type EditOptions } from "./write-masks.ts";

export interface Strokes {
  /** Begins a stroke with the active segment, or with a new one where there is none to paint into. */
  begin(value: 0 | 1, at: Dab): void;
  move(to: Dab): void;
  /** The stroke becomes a line of the log; one that changed nothing leaves none. */
  end(): void;
  /** As if it had never begun. */
  cancel(): void;
}

/** What a stroke needs until it ends. */
interface Run {
  readonly value: 0 | 1;
  readonly aspect: number;
  readonly within: Uint8Array | undefined;
  /** As it was when the stroke began: slices may turn under it. */
  readonly image: OpenImage;
  last: Dab;
  changed: boolean;
}

export function createStrokes(context: Context, options: EditOptions): Strokes {
  const { store, notifier } = context;
  const write = createWriteMasks(context, options);
  let run: Run | undefined;

  const paint = (to: Dab) => {
    const { stroke, image } = store.state;
    if (!run || !stroke || !image || sliceKeyOf(placeOf(image)) !== sliceKeyOf(stroke.at)) return;
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
  const begin: Strokes["begin"] = (value, at) => {
    const { image, brush, log } = store.state;
    if (!image?.pixels || !options.writer.mayWrite()) return;
    // A large picture is shown from fewer pixels than its masks have.
    if (brush.range && image.pixels.width !== image.plane.width)
      return notifier.info(t.edit.rangeOverview, { cause: "edit" });
    const start = startOf(store.state, image, value);
    if ("refused" in start) return notifier.info(start.refused, { cause: "edit" });
    const [pitchX, pitchY] = image.plane.spacingMm ?? [1, 1];
    const within = brush.range && insideRange(image.pixels, brush.range.low, brush.range.high);
    run = { value, aspect: pitchY / pitchX, within, image, last: at, changed: false };
    const { segment, mask } = start;
    const colour = segment?.colour ?? nextSegment(log).colour;
    store.set({ stroke: { at: placeOf(image), segmentId: segment?.id, colour, mask, version: 0 }, preview: undefined });
    paint(at);
  };
  return {
    begin,
    move: paint,
    end() {
      const { stroke, log } = store.state;
      if (!stroke || !run?.changed) return cancel();
      const { image } = run;
      const { plane, slice } = stroke.at;
      const added = stroke.segmentId === undefined ? [addSegment(log)] : [];
      const segmentId = stroke.segmentId ?? added[0].segmentId;
      const painted = { segmentId, masks: [{ plane, slice, mask: stroke.mask }] };
      run = undefined;
      if (!write(image, [...added, painted], { stroke: undefined, activeSegment: segmentId })) cancel();
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
  const segment = openSegmentOf(state);
  if (value === 0 && active?.locked) return { refused: t.said.locked(active.name) };
  const known = segment && maskHere(state, image, segment.id);
  if (known === "waits") return { refused: t.said.maskWaits };
  if (value === 0 && segment && maskFromElsewhere(state, image, segment.id, placeOf(image)))
    return { refused: t.edit.elsewhere };
  if (value === 0 && !known) return { refused: t.said.nothingToErase };
  const { width, height } = image.plane;
  return { mask: createMask(width, height, known && Uint8Array.from(known.data)), segment };
}
