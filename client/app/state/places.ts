/** Names of slices and masks, as keys. */
import type { EncodedRef } from "../../../core/annotation/entries.ts";
import { type SliceRef, sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { NamedWindow, Plane, Window } from "../../../core/image/volume.ts";
import type { PlaneInfo, PromptContext } from "../../../core/wire/index.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "./open-image.ts";
import type { MaskView, State } from "./state.ts";

/** The slice shown. */
export const placeOf = ({ info, plane, slice }: OpenImage): SliceRef => ({
  imageId: info.imageId,
  plane: plane.plane,
  slice,
});

/** A window without its name, as the wire and the log take it. */
export const bareWindow = ({ center, width }: Window): Window => ({ center, width });

/** The windows on offer for the slice shown, each slice's own before those of the image. */
export function windowsOf({ info, plane, slice }: Pick<OpenImage, "info" | "plane" | "slice">): readonly NamedWindow[] {
  const own = plane.windows?.[slice];
  return own ? [{ name: t.windowOwn, ...own }, ...info.windows] : info.windows;
}

export const isOwn = (window: NamedWindow | null): boolean => window?.name === t.windowOwn;

/** The window on another slice: where each has its own, it is that one's. */
export function windowOn(window: NamedWindow | null, { windows }: PlaneInfo, slice: number): NamedWindow | null {
  const own = isOwn(window) ? windows?.[slice] : undefined;
  return own ? { name: t.windowOwn, ...own } : window;
}

/** Where a prompt given now belongs. */
export const encodedRefOf = (image: OpenImage): EncodedRef => ({
  ...placeOf(image),
  window: image.encodeWindow && bareWindow(image.encodeWindow),
});

/** Names the mask of one segment on one slice. */
export const maskKey = (segmentId: string, place: SliceRef): string => `${segmentId}@${sliceKeyOf(place)}`;

const windowKey = (window: Window | null): string => (window ? `${window.center},${window.width}` : "colour");

/** Names an encoded slice in `OpenImage.encoded`. */
export const encodedKey = ({ plane, slice }: { plane: Plane; slice: number }, window: Window | null): string =>
  `${plane}/${slice}/${windowKey(window)}`;

/** Do both show the same values? */
export const sameWindow = (a: Window | null, b: Window | null): boolean => windowKey(a) === windowKey(b);

/** The mask of the active segment on the slice shown. */
export function activeMask({ image, activeSegment, masks }: State): MaskView | undefined {
  return image && activeSegment ? masks.get(maskKey(activeSegment, placeOf(image))) : undefined;
}

/** The kind of image, where its user says another than the file: it is part of what prompts mean. */
export function kindSaidOf(image: OpenImage | undefined): { readonly context?: PromptContext } {
  return image && image.modality !== image.info.modality ? { context: { modality: image.modality } } : {};
}

/** All that is said of the image where names are looked for: its kind, the part of the body, and what is looked for. */
export function saidOf(image: OpenImage): { readonly context?: PromptContext } {
  const { bodyPart, task, info } = image;
  const part = bodyPart === (info.bodyPart ?? "") ? {} : { bodyPart: bodyPart || EVERYWHERE };
  const context = { ...kindSaidOf(image).context, ...part, ...(task ? { task } : {}) };
  return Object.keys(context).length > 0 ? { context } : {};
}

/** No region of the vocabulary: it leaves out no name, whatever the file says. */
const EVERYWHERE = "all";
