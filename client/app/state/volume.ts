/** How large a segment is through the stack, from its masks alone. */
import { segmentationHeader } from "../../../core/annotation/segmentation.ts";
import { maskArea } from "../../../core/mask/mask.ts";
import { volumeOf } from "../../../core/volume/measures.ts";
import { type PlaneMasks, voxelsOf } from "../../../core/volume/reslice.ts";
import { masksOf } from "./shown.ts";
import type { State } from "./state.ts";

const known = new WeakMap<readonly PlaneMasks[], number>();

/** Millilitres of all masks of a segment; `undefined` without geometry, and for what is on one slice only. */
export function volumeMlOf(state: State, segmentId: string): number | undefined {
  const { image } = state;
  if (!image) return undefined;
  const masks = masksOf(state, segmentId);
  const slices = masks.reduce((sum, stack) => sum + stack.masks.size, 0);
  if (slices < 2) return undefined;
  const voxels = known.get(masks) ?? countOf(state, masks);
  known.set(masks, voxels);
  return volumeOf(segmentationHeader(image.info), voxels).volumeMl;
}

/** Masks of one plane do not overlap; those of several planes do. */
function countOf({ image }: State, masks: readonly PlaneMasks[]): number {
  if (masks.length === 1) return [...masks[0].masks.values()].reduce((sum, mask) => sum + maskArea(mask), 0);
  const box = image && voxelsOf(segmentationHeader(image.info), masks);
  return box ? box.data.reduce((sum, value) => sum + value, 0) : 0;
}
