/** Segments of a file → masks on the slices of an image: the nearest voxel, where the grids differ. */

import { SegmenterError } from "../../../core/errors.ts";
import { encodeLabelRles } from "../../../core/mask/label-rle.ts";
import type { Rle } from "../../../core/wire/common.ts";
import type { ImportedSegment, ImportResult } from "../../../core/wire/import.ts";
import type { LabelFile, LabelLayer, NamedSegment, Target } from "./layer.ts";
import { samplerOf } from "./sampler.ts";

/** The masks of every slice by number. */
type Masks = ReadonlyMap<number, readonly { slice: number; rle: Rle }[]>;

/**
 * Lays the segments of a file on an image. Throws DoesNotFit when they belong to another patient space, or when neither
 * places nor sizes can be compared.
 */
export function projectSegments(file: LabelFile, target: Target): ImportResult {
  const warnings = [...file.warnings, ...comparable(file, target)];
  const layers = file.layers.map((layer) => masksOf(layer, file, target));
  const segments = file.segments.map((segment) => imported(segment, layers[segment.layer]));
  const outside = segments.filter(({ masks }) => masks.length === 0).length;
  if (outside > 0) warnings.push(`${outside} of ${segments.length} segments have no pixel on this image.`);
  return { segments, warnings };
}

function imported({ name, code, colour, number }: NamedSegment, masks: Masks | undefined): ImportedSegment {
  return {
    name,
    ...(code && { code: { ...code } }),
    ...(colour && { colour }),
    masks: (masks?.get(number) ?? []).map(({ slice, rle }) => ({ plane: "native" as const, slice, rle })),
  };
}

const UNCOMPARED =
  "The files do not say whether they share a patient space: the segments lie where their coordinates say.";

/** Refuses what certainly lies elsewhere; tells what could not be compared. */
function comparable(file: LabelFile, target: Target): string[] {
  const [theirs, ours] = [file.frameOfReferenceUid, target.frameOfReferenceUid];
  const known = new Set(target.frames ?? []);
  const referenced = file.layers.some(({ planes }) =>
    planes.some(({ frames = [] }) => frames.some((key) => known.has(key))),
  );
  if (referenced) return [];
  if (file.unit === "px" || target.unit === "px") return sameGrid(file, target);
  if (theirs && ours && theirs !== ours)
    throw new SegmenterError("DoesNotFit", { reason: "their frame of reference is another than the image's" });
  const unplaced = file.layers.flatMap(({ planes }) => planes).some(({ position }) => position === undefined);
  if (unplaced)
    throw new SegmenterError("DoesNotFit", { reason: "they refer to other DICOM instances than the image's" });
  return file.unit === "mm" && theirs !== ours ? [UNCOMPARED] : [];
}

function sameGrid({ unit, layers }: LabelFile, { unit: ours, size: [columns, rows, slices] }: Target): string[] {
  const fits = (layer: LabelLayer) =>
    layer.columns === columns && layer.rows === rows && layer.planes.length === slices;
  if (!layers.every(fits))
    throw new SegmenterError("DoesNotFit", { reason: "one of both has no geometry, and their sizes differ" });
  return unit === ours ? [] : ["One of both has no geometry: the segments lie pixel on pixel."];
}

function masksOf(layer: LabelLayer, file: LabelFile, target: Target): Masks {
  const found = new Map<number, { slice: number; rle: Rle }[]>();
  const [columns, rows, slices] = target.size;
  const sample = samplerOf(layer, target, file.unit === "mm" && target.unit === "mm");
  for (let slice = 0; slice < slices; slice++) {
    const labels = sample(slice);
    if (!labels) continue;
    for (const [number, rle] of encodeLabelRles(labels, columns, rows))
      found.set(number, [...(found.get(number) ?? []), { slice, rle }]);
  }
  return found;
}
