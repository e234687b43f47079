/** What a user does to the mask of the active segment on the slice shown, beside giving prompts. */
import { promptsOf, slicesOf } from "../../../core/annotation/chain.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { activeMask, encodedRefOf, placeOf } from "../state/places.ts";
import { activeSegmentOf, openSegmentOf } from "../state/segments.ts";
import type { LogWriter } from "./log-writer.ts";

export interface SliceActions {
  /** Forgets the active segment's prompts on this slice. */
  clear(): void;
  choose(candidate: number): void;
  nextCandidate(step: 1 | -1): void;
  /** Gives the prompts of the active segment on this slice again, under the window encoded now. */
  restate(): void;
}

export function createSliceActions({ store, notifier }: Context, writer: LogWriter): SliceActions {
  /** The active segment, unless it is locked: that is said, and nothing is done. */
  const editable = () => {
    const active = activeSegmentOf(store.state);
    if (active?.locked) notifier.info(t.said.locked(active.name), { cause: "locked" });
    return active?.locked ? undefined : active;
  };
  const choose = (candidate: number) => {
    const { image } = store.state;
    const segment = editable();
    const view = activeMask(store.state);
    if (!image || !segment || !view || candidate === view.chosen) return;
    if (!writer.act([{ kind: "choose", segmentId: segment.id, at: placeOf(image), candidate }])) return;
    notifier.say(t.said.candidate(candidate + 1, view.candidates.length));
  };
  return {
    choose,
    nextCandidate(step) {
      const view = activeMask(store.state);
      if (!view || view.candidates.length < 2) return;
      choose((view.chosen + step + view.candidates.length) % view.candidates.length);
    },
    clear() {
      const { image, log } = store.state;
      const segment = editable();
      if (!image || !segment) return;
      const at = placeOf(image);
      const slices = slicesOf(log, segment.id).map(sliceKeyOf);
      if (slices.includes(sliceKeyOf(at))) writer.act([{ kind: "clear", segmentId: segment.id, at }]);
    },
    restate() {
      const { image, log } = store.state;
      const segment = openSegmentOf(store.state);
      const prompts = image && segment ? promptsOf(log, segment.id, placeOf(image)) : [];
      if (!image || !segment || prompts.length === 0) return;
      const multimask = prompts.length === 1 && isAmbiguous(prompts[0]);
      writer.act([
        { kind: "clear", segmentId: segment.id, at: placeOf(image) },
        { kind: "prompt", segmentId: segment.id, at: encodedRefOf(image), prompts, multimask },
      ]);
    },
  };
}

/** One click, one stroke or a name may mean a part or the whole: ask for candidates. */
export const isAmbiguous = ({ kind }: Prompt): boolean => kind === "point" || kind === "scribble" || kind === "text";
