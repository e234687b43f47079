/** Masks that a file gives one by one, under the names of their kinds → segments of an image. */
import { SegmenterError } from "../../../core/errors.ts";
import { planesOf, sliceGrid } from "../../../core/image/slice.ts";
import type { Plane } from "../../../core/image/volume.ts";
import type { Rle } from "../../../core/wire/common.ts";
import type { ImportedSegment } from "../../../core/wire/import.ts";
import { tooLarge } from "../../bytes/fail.ts";
import type { Target } from "./layer.ts";
import type { Label } from "./legend.ts";

/** Pixels of all masks together: the whole slice for each. */
const MOST_PIXELS = 2 ** 32;
const MOST_SEGMENTS = 4096;

export interface Place {
  readonly plane: Plane;
  /** From 0. */
  readonly slice: number;
}

const NAMED = /(?:^|[^a-z])(native|axial|coronal|sagittal)-(\d{3,6})$/;

/** The slice that a name ends with, as exports call it: `axial-009` is the ninth. */
export function placeIn(name: string): Place | undefined {
  const [, plane, number] = NAMED.exec(name) ?? [];
  return plane ? { plane: plane as Plane, slice: Number(number) - 1 } : undefined; // one of the four
}

/** Width and height of a slice of the image. Throws DoesNotFit where it has none there. */
export function sizeAt(target: Target, { plane, slice }: Place): { width: number; height: number } {
  const grid = planesOf(target).includes(plane) ? sliceGrid(target, plane) : undefined;
  if (!grid || slice < 0 || slice >= grid.count)
    throw new SegmenterError("DoesNotFit", { reason: `the image has no slice ${slice + 1} in the ${plane} plane` });
  return { width: grid.width, height: grid.height };
}

export interface Instances {
  /** One more mask. A second one of its kind on a slice is another instance, and a segment of its own. */
  add(kind: string, label: Label, place: Place, rle: Rle): void;
  segments(): readonly ImportedSegment[];
}

/** Throws TooLarge for more masks than can be laid on an image. */
export function createInstances(): Instances {
  const found = new Map<string, ImportedSegment>();
  const counts = new Map<string, number>();
  let pixels = 0;
  return {
    add(kind, { name, colour, code }, { plane, slice }, rle) {
      pixels += rle.size[0] * rle.size[1];
      if (pixels > MOST_PIXELS) throw tooLarge("pixels of all masks", pixels, MOST_PIXELS);
      const here = JSON.stringify([kind, plane, slice]);
      const instance = counts.get(here) ?? 0;
      counts.set(here, instance + 1);
      const key = JSON.stringify([kind, instance]);
      const known = found.get(key);
      if (!known && found.size === MOST_SEGMENTS) throw tooLarge("segments", found.size + 1, MOST_SEGMENTS);
      found.set(key, {
        name: instance === 0 ? name : `${name} ${instance + 1}`,
        ...(code && { code: { ...code } }),
        ...(colour && { colour }),
        masks: [...(known?.masks ?? []), { plane, slice, rle }],
      });
    },
    segments: () => [...found.values()],
  };
}
