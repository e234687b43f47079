/** What an edit comes to: the masks that change, from the masks as they are shown. */

import { append } from "../../../core/annotation/log.ts";
import { segmentationHeader } from "../../../core/annotation/segmentation.ts";
import { applyEdit, type Combination, combine, type Edit, splitParts } from "../../../core/edit/edit.ts";
import { changedSlices, type PlacedMask, stackOf } from "../../../core/edit/stack.ts";
import type { Plane } from "../../../core/image/volume.ts";
import { createMask, type Mask, masksEqual } from "../../../core/mask/mask.ts";
import type { Voxels } from "../../../core/mask/voxels.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import { t } from "../i18n/index.ts";
import type { EditScope, Point } from "../state/drawing.ts";
import type { OpenImage } from "../state/open-image.ts";
import type { State } from "../state/state.ts";
import { maskHere, masksOf } from "./current.ts";
import type { Change } from "./write-masks.ts";

/** What an edit works on. */
export interface Subject {
  readonly state: State;
  readonly image: OpenImage;
  readonly segmentId: string;
  readonly scope: EditScope;
}

/** Why an edit cannot be made now, as a sentence for the user. */
export class NotNow extends Error {}

/** More parts than these are noise: the smallest stay together. */
const MOST_PARTS = 12;

export const planEdit = (subject: Subject, edit: Edit): readonly Change[] =>
  changed(subject, (voxels) => applyEdit(voxels, edit));

/** Only the part under a pixel of the slice shown stays. */
export function planKeepPart(subject: Subject, { x, y }: Point): readonly Change[] {
  const { image, scope } = subject;
  if (scope === "slice") return planEdit(subject, { kind: "keep-part", at: [x, y, 0] });
  const home = homeOf(image, all(subject));
  if (home !== image.plane.plane) throw new NotNow(t.edit.otherPlane(t.planes[home]));
  return planEdit(subject, { kind: "keep-part", at: [x, y, image.slice] });
}

/** What becomes of a segment with another one, which stays as it is. */
export function planCombine(subject: Subject, otherId: string, how: Combination): readonly Change[] {
  const { image, scope } = subject;
  const other = { ...subject, segmentId: otherId };
  const theirs =
    scope === "slice"
      ? (here(other) ?? createMask(image.plane.width, image.plane.height)).data
      : stackOf(segmentationHeader(image.info), homeOf(image, all(subject)), all(other)).data;
  return changed(subject, (voxels) => ({ ...voxels, data: combine(voxels.data, theirs, how) }));
}

/** Each part becomes a segment of its own; the largest keeps the name. */
export function planSplit(subject: Subject, name: string): readonly Change[] {
  const { image, segmentId, state } = subject;
  const masks = all(subject);
  const plane = homeOf(image, masks);
  const stack = stackOf(segmentationHeader(image.info), plane, masks);
  const { numbers, count } = splitParts(stack, MOST_PARTS);
  if (count < 2) throw new NotNow(t.edit.onePart);
  const part = (number: number): Voxels => ({ ...stack, data: numbers.map((value) => (value === number ? 1 : 0)) });
  const nothing = { ...stack, data: new Uint8Array(stack.data.length) };
  const largest = { segmentId, masks: changedAll(subject, () => part(1)) };
  let { log } = state;
  const others = Array.from({ length: count - 1 }, (_, index): Change[] => {
    const added = addSegment(log, t.edit.partName(name, index + 2));
    log = append(log, added);
    return [added, { segmentId: added.segmentId, masks: onPlane(plane, changedSlices(nothing, part(index + 2))) }];
  });
  return [largest, ...others.flat()];
}

/** The mask of the slice shown, for the slice before or after it. */
export function planCopy(subject: Subject, slice: number): readonly Change[] {
  const mask = here(subject);
  const { image, segmentId } = subject;
  return mask ? [{ segmentId, masks: [{ plane: image.plane.plane, slice, mask }] }] : [];
}

const here = ({ state, image, segmentId }: Subject) => known(maskHere(state, image, segmentId));
const all = ({ state, segmentId }: Subject) => known(masksOf(state, segmentId));

function known<T>(found: T | "waits"): T {
  if (found === "waits") throw new NotNow(t.said.maskWaits);
  return found;
}

const onPlane = (plane: Plane, masks: readonly { slice: number; mask: Mask }[]): PlacedMask[] =>
  masks.map((placed) => ({ plane, ...placed }));

/** The plane that most masks of a segment lie in; the one shown where it has none. */
function homeOf({ plane }: OpenImage, masks: readonly PlacedMask[]): Plane {
  const counts = new Map<Plane, number>();
  for (const placed of masks) counts.set(placed.plane, (counts.get(placed.plane) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? plane.plane;
}

function changed(subject: Subject, edit: (voxels: Voxels) => Voxels): readonly Change[] {
  const masks = subject.scope === "slice" ? changedHere(subject, edit) : changedAll(subject, edit);
  return masks.length > 0 ? [{ segmentId: subject.segmentId, masks }] : [];
}

function changedHere(subject: Subject, edit: (voxels: Voxels) => Voxels): readonly PlacedMask[] {
  const { plane, slice } = subject.image;
  const before = here(subject) ?? createMask(plane.width, plane.height);
  const [spacingX, spacingY] = plane.spacingMm ?? [1, 1];
  const { data } = edit({ size: [plane.width, plane.height, 1], spacing: [spacingX, spacingY, 1], data: before.data });
  const after = createMask(plane.width, plane.height, Uint8Array.from(data));
  return masksEqual(before, after) ? [] : [{ plane: plane.plane, slice, mask: after }];
}

/** Masks of other planes become part of the home plane's, so that nothing of them comes back the other way. */
function changedAll(subject: Subject, edit: (voxels: Voxels) => Voxels): readonly PlacedMask[] {
  const masks = all(subject);
  const { image } = subject;
  const home = homeOf(image, masks);
  const header = segmentationHeader(image.info);
  const own = masks.filter(({ plane }) => plane === home);
  const after = edit(stackOf(header, home, masks));
  const emptied = masks
    .filter(({ plane }) => plane !== home)
    .map((placed) => ({ ...placed, mask: createMask(placed.mask.width, placed.mask.height) }));
  return [...onPlane(home, changedSlices(stackOf(header, home, own), after)), ...emptied];
}
