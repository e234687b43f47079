/** The mask that a segment shows on a slice: what the log says, or what a job has found so far. */
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import type { JobMask } from "../../../core/wire/index.ts";
import { maskKey } from "./places.ts";
import type { State } from "./state.ts";

export interface Shown {
  readonly mask: Mask;
  readonly doubtful: boolean;
}

const decoded = new WeakMap<JobMask, Mask>();

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
