/** The masks of a segment as they are shown, which is what an edit begins with. */
import type { Chain } from "../../../core/annotation/chain.ts";
import type { PlacedMask } from "../../../core/edit/stack.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import { chainPlace, wantedChains } from "../state/chains.ts";
import type { OpenImage } from "../state/open-image.ts";
import { maskKey, placeOf } from "../state/places.ts";
import type { State } from "../state/state.ts";

/** Some of what was asked for is still being computed. */
export type Waiting = "waits";

function maskOf({ masks }: State, chain: Chain): Mask | Waiting {
  const view = masks.get(chainPlace(chain));
  return view?.chain === chain.key ? view.candidates[view.chosen] : "waits";
}

/** The mask of a segment on the slice shown; `undefined` where the log asks for none. */
export function maskHere(state: State, image: OpenImage, segmentId: string): Mask | Waiting | undefined {
  const key = maskKey(segmentId, placeOf(image));
  const chain = wantedChains(state).find((candidate) => chainPlace(candidate) === key);
  return chain && maskOf(state, chain);
}

/** Every mask of a segment. */
export function masksOf(state: State, segmentId: string): readonly PlacedMask[] | Waiting {
  const placed: PlacedMask[] = [];
  for (const chain of wantedChains(state)) {
    if (chain.segmentId !== segmentId) continue;
    const mask = maskOf(state, chain);
    if (mask === "waits") return mask;
    placed.push({ plane: chain.at.plane, slice: chain.at.slice, mask });
  }
  return placed;
}
