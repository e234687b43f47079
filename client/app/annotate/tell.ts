/** What is said of a mask to people who do not see it. */
import type { Context } from "../context/context.ts";
import { area, share, t } from "../i18n/index.ts";
import { segmentList } from "../state/segments.ts";
import type { MaskView, State } from "../state/state.ts";

/** Says what a segment has on the slice shown; nobody guessed a mask that was drawn, copied or imported. */
export function tell(
  { store, notifier }: Pick<Context, "store" | "notifier">,
  segmentId: string,
  view: MaskView,
): void {
  notifier.say(sentence(store.state, segmentId, view));
}

function sentence(state: State, segmentId: string, view: MaskView): string {
  const name = segmentList(state).find(({ id }) => id === segmentId)?.name ?? "";
  const size = area(view.area, state.image?.plane.spacingMm);
  const byHand = view.origin === "edited" || view.origin === "imported" || view.origin === "interpolated";
  if (byHand) return view.area === 0 ? t.said.emptied(name) : t.said.drawn(name, size);
  if (view.area === 0) return t.said.empty(name);
  const said = view.doubtful ? t.said.doubtful : t.said.mask;
  return said(name, size, share(view.candidates[view.chosen].predictedIou));
}
