/** What a propagation starts from, and what it comes to in the log. */
import { isNamed } from "../../../core/annotation/chain.ts";
import type { KeptMask, LogAction } from "../../../core/annotation/entries.ts";
import type { Digest } from "../../../core/digest.ts";
import type { Plane } from "../../../core/image/volume.ts";
import { createMask } from "../../../core/mask/mask.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { JobMask, Rle } from "../../../core/wire/index.ts";
import { chainPlace, isSettled, wantedChains } from "../state/chains.ts";
import type { OpenImage } from "../state/open-image.ts";
import type { State } from "../state/state.ts";

export interface Seeds {
  readonly masks: { slice: number; rle: Rle; byName?: boolean }[];
  /** Settled masks that are not computed yet. */
  readonly missing: number;
}

const chainsOn = (state: Pick<State, "log" | "image">, segmentId: string, plane: Plane) =>
  wantedChains(state).filter((chain) => chain.segmentId === segmentId && chain.at.plane === plane);

/** The masks of a segment that a hand has made, as they are on the screen. */
export function seedsOf(state: State, segmentId: string, plane: Plane): Seeds {
  const settled = chainsOn(state, segmentId, plane).filter(isSettled);
  const masks = settled.flatMap((chain) => {
    const view = state.masks.get(chainPlace(chain));
    if (view?.chain !== chain.key) return [];
    const named = isNamed(chain) ? { byName: true } : {};
    return [{ slice: chain.at.slice, rle: encodeRle(view.candidates[view.chosen]), ...named }];
  });
  return { masks: masks.toSorted((a, b) => a.slice - b.slice), missing: settled.length - masks.length };
}

/** What came of the job, without slices that a hand has settled by now. Slices of an earlier result that this one leaves are emptied. */
export function resultOf(state: State, segmentId: string, found: readonly JobMask[], range: Range): readonly JobMask[] {
  const { image } = state;
  if (!image) return [];
  const chains = chainsOn(state, segmentId, range.plane);
  const settled = new Set(chains.filter(isSettled).map(({ at }) => at.slice));
  const kept = found.filter(({ slice, origin }) => origin === "propagated" && !settled.has(slice));
  const there = new Set([...settled, ...kept.map(({ slice }) => slice)]);
  const { from, to } = range.emptied ?? NOTHING;
  const left = chains.map(({ at }) => at.slice).filter((k) => !there.has(k) && k >= from && k <= to);
  return [...kept, ...left.map((slice) => emptyMask(image, slice))];
}

export interface Range {
  readonly plane: Plane;
  /** First and last slice on which what was there before goes where nothing was found. */
  readonly emptied?: { readonly from: number; readonly to: number };
}

const NOTHING = { from: 0, to: -1 };

function emptyMask({ plane }: OpenImage, slice: number): JobMask {
  const rle = encodeRle(createMask(plane.width, plane.height));
  return { slice, rle, predictedIou: 1, origin: "propagated", doubtful: false };
}

/** One line of the log, and so one step of undo. */
export function masksAction(
  segmentId: string,
  { imageId, plane }: { imageId: Digest; plane: Plane },
  masks: readonly JobMask[],
  digests: readonly Digest[],
): LogAction {
  const kept = masks.map(
    ({ slice, predictedIou, doubtful, byName }, n): KeptMask => ({
      ...{ at: { imageId, plane, slice }, mask: digests[n], predictedIou },
      ...(doubtful ? { doubtful } : {}),
      ...(byName ? { byName } : {}),
    }),
  );
  return { kind: "masks", segmentId, origin: "propagated", masks: kept };
}
