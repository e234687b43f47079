/** The masks of a study, as exports want them. */

import { slicesOf } from "../../../core/annotation/log.ts";
import type { Plane } from "../../../core/image/volume.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import { labelsOf } from "../state/labels.ts";
import { maskKey } from "../state/places.ts";
import type { Label, State } from "../state/state.ts";

export interface LabelMask {
  readonly label: Label;
  readonly plane: Plane;
  readonly slice: number;
  readonly mask: Mask;
}

/** Every mask that has something inside, in the order of the label list: where masks overlap, the later label wins. */
export function collectMasks(state: State): readonly LabelMask[] {
  return labelsOf(state).flatMap((label) =>
    slicesOf(state.log, label.id).flatMap(({ imageId, plane, slice }) => {
      const view = state.masks.get(maskKey(label.id, { imageId, plane, slice }));
      const mask = view?.candidates[view.chosen];
      return mask?.data.includes(1) ? [{ label, plane, slice, mask }] : [];
    }),
  );
}
