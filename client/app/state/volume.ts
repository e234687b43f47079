/** How large a segment is through the stack, from its masks alone. */
import { segmentationHeader } from "../../../core/annotation/segmentation.ts";
import { maskArea } from "../../../core/mask/mask.ts";
import { volumeOf } from "../../../core/volume/measures.ts";
import { type PlaneMasks, voxelsOf } from "../../../core/volume/reslice.ts";
import { masksOf } from "./shown.ts";
import type { State } from "./state.ts";

interface Area {
  readonly slice: number;
  readonly area: number;
}

const known = new WeakMap<readonly PlaneMasks[], readonly Area[]>();

/** Millilitres of all masks of a segment; `undefined` without geometry, and for what is on one slice only. */
export function volumeMlOf(state: State, segmentId: string): number | undefined {
  const { image } = state;
  if (!image) return undefined;
  const masks = masksOf(state, segmentId);
  const slices = masks.reduce((sum, stack) => sum + stack.masks.size, 0);
  if (slices < 2) return undefined;
  const areas = known.get(masks) ?? areasOf(state, masks);
  known.set(masks, areas);
  return volumeOf(segmentationHeader(image.info), areas).volumeMl;
}

/** Masks of one plane do not overlap; those of several planes do, and are counted as one. */
function areasOf({ image }: State, planes: readonly PlaneMasks[]): readonly Area[] {
  if (planes.length === 1) {
    const areas = [...planes[0].masks].map(([slice, mask]) => ({ slice, area: maskArea(mask) }));
    // Only the slices of the file may be of different thickness.
    return planes[0].plane === "native" ? areas : [{ slice: 0, area: areas.reduce((sum, { area }) => sum + area, 0) }];
  }
  const box = image && voxelsOf(segmentationHeader(image.info), planes);
  return [{ slice: 0, area: box ? box.data.reduce((sum, value) => sum + value, 0) : 0 }];
}
