/** Masks of any plane as masks of the slices that a volume is stored in: what a file a slice wants. */
import { labelmapOf } from "../../../core/annotation/labelmap.ts";
import type { Segment, Segmentation } from "../../../core/annotation/segmentation.ts";

export interface NativeSlice {
  readonly k: number;
  /** Row-major, 1 inside. */
  readonly data: Uint8Array;
}

/** The slices of one segment that have a pixel, in the order of k. */
export function nativeSlices({ header, masks }: Segmentation, segment: Segment): readonly NativeSlice[] {
  const own = masks.filter(({ segmentId }) => segmentId === segment.id);
  const slices = new Set(own.map(({ slice }) => slice));
  // The usual case, several times quicker: nothing has to be turned, and no slice is there twice.
  if (own.every(({ plane }) => plane === "native") && slices.size === own.length)
    return own
      .map(({ slice, mask }) => ({ k: slice, data: mask.data }))
      .filter(({ data }) => data.includes(1))
      .toSorted((a, b) => a.k - b.k);
  const [columns, rows, count] = header.size;
  const { labels } = labelmapOf({ header, segments: [{ ...segment, number: 1 }], masks: own });
  return Array.from({ length: count }, (_, k) => ({
    k,
    data: Uint8Array.from(labels.subarray(k * columns * rows, (k + 1) * columns * rows)),
  })).filter(({ data }) => data.includes(1));
}
