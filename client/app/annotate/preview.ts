/** The mask that a click here would give, while the pointer rests; only as long as decoding is fast. */
import { promptsOf } from "../../../core/annotation/chain.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { number, t } from "../i18n/index.ts";
import type { Point } from "../state/drawing.ts";
import { activeMask, kindSaidOf, placeOf } from "../state/places.ts";
import { openSegmentOf } from "../state/segments.ts";
import { isWritable, type State } from "../state/state.ts";

/** Slower than this and previews would lag behind the hand. */
const FAST_MS = 80;

export interface Preview {
  at(point: Point): void;
  end(): void;
}

/** Why there is no preview although it is switched on, in a few words; `undefined` when there is nothing in its way. */
export function previewObstacle({ engine, tool, keeping }: State): string | undefined {
  if (!isWritable({ keeping })) return t.previewObstacle.readOnly;
  if (matchMedia("(hover: none)").matches) return t.previewObstacle.touch;
  if (engine?.backend === "server") return t.previewObstacle.server;
  if (engine?.state !== "ready" || engine.ms === undefined) return t.previewObstacle.starting;
  if (engine.ms >= FAST_MS) return t.previewObstacle.slow(number(engine.ms), FAST_MS);
  return tool === "point" ? undefined : t.previewObstacle.tool;
}

/** May this state show previews? */
const canPreview = (state: State): boolean =>
  state.previewOn &&
  !state.gesture &&
  state.waiting === 0 &&
  state.image?.stage === "ready" &&
  previewObstacle(state) === undefined;

export function createPreview({ store, segmenter }: Context): Preview {
  let latest = 0;

  const decode = async ({ x, y }: Point) => {
    const { state } = store;
    const { image } = state;
    if (!image?.embedding || !image.pixels || !canPreview(state)) return;
    const turn = ++latest;
    const open = openSegmentOf(state);
    const given = open ? promptsOf(state.log, open.id, placeOf(image)) : [];
    const view = open ? activeMask(state) : undefined;
    const shown = view?.candidates[view.chosen];
    const ready = await segmenter();
    const start: readonly Prompt[] = shown && !shown.on ? [{ kind: "mask", rle: encodeRle(shown) }] : [];
    const point = { kind: "point", x, y, label: state.sign } as const;
    const mask = await ready.preview(image.embedding, [...start, ...given, point], {
      ...kindSaidOf(image),
      ...(shown?.on ? { previous: shown } : {}),
    });
    if (mask && turn === latest && store.state.image?.embedding === image.embedding) store.set({ preview: mask });
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
