/** The masks that a segment shows on a slice: what the log says, what a job has found so far, what other planes cover. */
import { segmentationHeader } from "../../../core/annotation/segmentation.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Plane } from "../../../core/image/volume.ts";
import { type Mask, maskArea } from "../../../core/mask/mask.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import { type PlaneMasks, resliceMasks } from "../../../core/volume/reslice.ts";
import type { JobMask } from "../../../core/wire/index.ts";
import { chainPlace, wantedChains } from "./chains.ts";
import type { OpenImage } from "./open-image.ts";
import { maskKey } from "./places.ts";
import type { State } from "./state.ts";
import type { JobView } from "./underway.ts";

export interface Shown {
  readonly mask: Mask;
  readonly doubtful: boolean;
}

const decoded = new WeakMap<JobMask, Mask>();

/** The mask that was made on this slice. */
export function shownMask({ masks, job }: State, segmentId: string, at: SliceRef): Shown | undefined {
  const found = job?.segmentId === segmentId && job.plane === at.plane ? job.masks.get(at.slice) : undefined;
  const view = masks.get(maskKey(segmentId, at));
  if (found && found.origin === "propagated") return { mask: maskOf(found), doubtful: found.doubtful };
  return view && { mask: view.candidates[view.chosen], doubtful: view.doubtful };
}

/** Decoded once. */
export function maskOf(found: JobMask): Mask {
  const mask = decoded.get(found) ?? decodeRle(found.rle);
  decoded.set(found, mask);
  return mask;
}

interface Stacks {
  readonly job: JobView | undefined;
  readonly log: State["log"];
  readonly bySegment: Map<string, readonly PlaneMasks[]>;
  readonly resliced: Map<string, Mask | undefined>;
}

/** The masks are one map until one of them changes. */
const known = new WeakMap<State["masks"], Stacks>();

function stacksOf({ masks, job, log }: State): Stacks {
  const before = known.get(masks);
  if (before && before.job === job && before.log === log) return before;
  const fresh = { job, log, bySegment: new Map(), resliced: new Map() };
  known.set(masks, fresh);
  return fresh;
}

/** All masks of a segment on the open image, by the plane that they were made in. */
export function masksOf(state: State, segmentId: string): readonly PlaneMasks[] {
  const { bySegment } = stacksOf(state);
  const before = bySegment.get(segmentId);
  if (before) return before;
  const planes = new Map<Plane, Map<number, Mask>>();
  const put = (plane: Plane, slice: number, mask: Mask) =>
    planes.set(plane, (planes.get(plane) ?? new Map<number, Mask>()).set(slice, mask));
  for (const chain of wantedChains(state)) {
    const view = chain.segmentId === segmentId ? state.masks.get(chainPlace(chain)) : undefined;
    if (view && view.area > 0) put(chain.at.plane, chain.at.slice, view.candidates[view.chosen]);
  }
  if (state.job?.segmentId === segmentId)
    for (const found of state.job.masks.values()) put(state.job.plane, found.slice, maskOf(found));
  const found = [...planes].map(([plane, masks]) => ({ plane, masks }));
  bySegment.set(segmentId, found);
  return found;
}

/** What masks made in other planes cover on a slice. */
export function maskFromElsewhere(state: State, image: OpenImage, segmentId: string, at: SliceRef): Mask | undefined {
  const { resliced } = stacksOf(state);
  const key = maskKey(segmentId, at);
  if (resliced.has(key)) return resliced.get(key);
  const header = segmentationHeader(image.info);
  const cuts = masksOf(state, segmentId)
    .filter(({ plane }) => plane !== at.plane)
    .map((masks) => resliceMasks(header, masks, at.plane, at.slice));
  const mask = cuts.length > 0 ? union(cuts) : undefined;
  const found = mask && maskArea(mask) > 0 ? mask : undefined;
  resliced.set(key, found);
  return found;
}

function union([first, ...rest]: readonly Mask[]): Mask {
  if (rest.length === 0) return first;
  const data = first.data.map((value, n) => (value || rest.some((mask) => mask.data[n]) ? 1 : 0));
  return { ...first, data };
}
