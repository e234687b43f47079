/** The one shape of a result: viewer, jobs, exports and foreign protocols all speak it. */
import type { Digest } from "../digest.ts";
import type { VolumeHeader } from "../image/slice.ts";
import type { Plane } from "../image/volume.ts";
import { type Mask, maskArea } from "../mask/mask.ts";
import type { ImageInfo } from "../wire/image.ts";
import type { Code, MaskOrigin, ReviewState } from "./entries.ts";
import { type PromptLog, segmentsOf } from "./log.ts";
import type { Measurement } from "./measurements.ts";

/** The image that the masks lie on. */
export interface SegmentationHeader extends VolumeHeader {
  readonly imageId: Digest;
}

/** One item of the segment list. */
export interface Segment {
  readonly id: string;
  /** From 1, unique, never given again; the value of its voxels in a labelmap. */
  readonly number: number;
  readonly name: string;
  /** `#rrggbb`. */
  readonly colour: string;
  readonly code?: Code;
  /** Left or right, where the code names a structure of both sides. */
  readonly laterality?: Code;
  readonly hidden: boolean;
  readonly locked: boolean;
  readonly review?: ReviewState;
  /** Of the group that it belongs to. */
  readonly groupName?: string;
}

/** A segment's mask on one slice of any plane. */
export interface SliceMask {
  readonly segmentId: string;
  readonly plane: Plane;
  readonly slice: number;
  /** At the slice's own size. */
  readonly mask: Mask;
  readonly origin: MaskOrigin;
  readonly predictedIou?: number;
  /** Asked for by a name and nothing else: no hand pointed at it. */
  readonly byName?: boolean;
  /** Worth a look before it is trusted. */
  readonly doubtful?: boolean;
}

export interface Segmentation {
  readonly header: SegmentationHeader;
  /** In the order of the list, top first. */
  readonly segments: readonly Segment[];
  readonly masks: readonly SliceMask[];
  /** Lengths, angles and values that were measured beside them. */
  readonly measurements?: readonly Measurement[];
  /** Of modality values: HU; absent where nobody knows it. */
  readonly valueUnit?: string;
}

/** The header of a result on an image, from what its record says. */
export function segmentationHeader({
  imageId,
  size,
  ijkToLps,
  spacing,
  slicePositions,
}: ImageInfo): SegmentationHeader {
  const unit = spacing ? "mm" : "px";
  return { imageId, size, ijkToLps, unit, ...(slicePositions && { slicePositions }) };
}

/** Red, green and blue, 0 to 255, of `#rrggbb`. */
export function rgbOf(colour: string): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** The segments of a log as a result lists them. */
export const segmentList = (log: PromptLog, hidden: ReadonlySet<string>): readonly Segment[] =>
  segmentsOf(log).map(({ segmentId, ...segment }) => ({ ...segment, id: segmentId, hidden: hidden.has(segmentId) }));

/** Without masks that are empty, and without segments that have no other: files say nothing of them. */
export function filledOnly(segmentation: Segmentation): Segmentation {
  const masks = segmentation.masks.filter(({ mask }) => maskArea(mask) > 0);
  const used = new Set(masks.map(({ segmentId }) => segmentId));
  return { ...segmentation, masks, segments: segmentation.segments.filter(({ id }) => used.has(id)) };
}

/** Without hidden segments and their masks. */
export function shownOnly(segmentation: Segmentation): Segmentation {
  const segments = segmentation.segments.filter(({ hidden }) => !hidden);
  const ids = new Set(segments.map(({ id }) => id));
  return { ...segmentation, segments, masks: segmentation.masks.filter(({ segmentId }) => ids.has(segmentId)) };
}
