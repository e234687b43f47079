/** Names of slices and masks, as keys. */
import { type SliceRef, sliceKeyOf } from "../../../core/annotation/log.ts";
import type { Plane, Window } from "../../../core/image/volume.ts";
import type { MaskView, OpenStudy, State } from "./state.ts";

/** One slice of a picture. */
export type Place = Pick<SliceRef, "imageId" | "plane" | "slice">;

/** The slice shown. */
export const placeOf = ({ info, plane, slice }: OpenStudy): Place & { imageId: OpenStudy["info"]["imageId"] } => ({
  imageId: info.imageId,
  plane: plane.plane,
  slice,
});

/** Where a prompt given now belongs. */
export const sliceRefOf = (study: OpenStudy): SliceRef => ({
  ...placeOf(study),
  window: study.encodeWindow && { center: study.encodeWindow.center, width: study.encodeWindow.width },
});

/** Names the mask of one label on one slice. */
export const maskKey = (labelId: string, place: Place): string => `${labelId}@${sliceKeyOf(place)}`;

const windowKey = (window: Window | null): string => (window ? `${window.center},${window.width}` : "colour");

/** Names an encoded slice in `OpenStudy.encoded`. */
export const encodedKey = ({ plane, slice }: { plane: Plane; slice: number }, window: Window | null): string =>
  `${plane}/${slice}/${windowKey(window)}`;

/** Do both show the same values? */
export const sameWindow = (a: Window | null, b: Window | null): boolean => windowKey(a) === windowKey(b);

/** The mask of the active label on the slice shown. */
export function activeMask({ study, activeLabel, masks }: State): MaskView | undefined {
  return study && activeLabel ? masks.get(maskKey(activeLabel, placeOf(study))) : undefined;
}
