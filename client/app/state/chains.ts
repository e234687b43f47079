/** What the log asks for of the open image. */
import { type Chain, chainsOf } from "../../../core/annotation/chain.ts";
import type { PromptLog } from "../../../core/annotation/log.ts";
import { maskKey } from "./places.ts";
import type { State } from "./state.ts";

/** A log never changes, and is asked of again with every mask that comes in. */
const known = new WeakMap<PromptLog, { readonly imageId: string; readonly chains: readonly Chain[] }>();

/** Every mask that the log asks for of the open image. */
export function wantedChains({ log, image }: Pick<State, "log" | "image">): readonly Chain[] {
  if (!image) return [];
  const { imageId } = image.info;
  const before = known.get(log);
  if (before?.imageId === imageId) return before.chains;
  const chains = chainsOf(log, imageId);
  known.set(log, { imageId, chains });
  return chains;
}

/** The key of a chain's mask in `State.masks`. */
export const chainPlace = ({ segmentId, at }: Chain): string => maskKey(segmentId, at);

/** Made by a hand, here or elsewhere: a computed mask never replaces it. */
export const isSettled = ({ base, steps }: Chain): boolean =>
  steps.length > 0 || base?.origin === "edited" || base?.origin === "imported";
