/** The mask that a click here would give, while the pointer rests; only as long as decoding is fast. */
import { promptsOf, sliceKeyOf } from "../../../core/annotation/log.ts";
import { activeLabelOf } from "../state/labels.ts";
import { activeMask, placeOf } from "../state/places.ts";
import type { Point, State } from "../state/state.ts";
import type { Context } from "./context.ts";

/** Slower than this and previews would lag behind the hand. */
export const FAST_MS = 80;

export interface Preview {
  at(point: Point): void;
  end(): void;
}

/** May this state show previews? */
export const canPreview = ({ previewOn, engine, tool, gesture, study, waiting }: State): boolean =>
  previewOn &&
  tool === "point" &&
  !gesture &&
  waiting === 0 &&
  study?.stage === "ready" &&
  engine?.state === "ready" &&
  engine.backend !== "server" &&
  engine.ms !== undefined &&
  engine.ms < FAST_MS;

export function createPreview({ store, segmenter }: Context): Preview {
  let latest = 0;

  const decode = async ({ x, y }: Point) => {
    const { state } = store;
    const { study } = state;
    if (!study?.embedding || !canPreview(state)) return;
    const turn = ++latest;
    const active = activeLabelOf(state);
    const given = active && !active.accepted ? promptsOf(state.log, active.id, sliceKeyOf(placeOf(study))) : [];
    const view = given.length > 0 ? activeMask(state) : undefined;
    const previous = view?.candidates[view.chosen];
    const ready = await segmenter();
    const point = { kind: "point", x, y, label: state.sign } as const;
    const mask = await ready.preview(study.embedding, [...given, point], previous ? { previous } : {});
    if (mask && turn === latest && store.state.study?.embedding === study.embedding) store.set({ preview: mask });
  };

  return {
    // A preview that fails is no news: the click itself will say so.
    at: (point) => void decode(point).catch(() => {}),
    end() {
      latest++;
      if (store.state.preview) store.set({ preview: undefined });
    },
  };
}
