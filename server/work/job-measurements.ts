/** Numbers of a segment through a volume, as a job tells them. */
import { segmentationHeader } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import type { Plane } from "../../core/image/volume.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { measuresOf } from "../../core/volume/measures.ts";
import type { JobMask, VolumeMeasurements } from "../../core/wire/index.ts";
import type { SliceSource } from "./embeddings.ts";

const SEGMENT = { id: "1", number: 1, name: "", colour: "#ffffff", hidden: false, locked: false };

/** Millimetres only where the image knows its spacing; a volume only where its slices lie evenly. Throws ImageNotFound. */
export async function measureSegment(
  images: SliceSource,
  { imageId, plane }: { imageId: string; plane: Plane },
  masks: readonly Pick<JobMask, "slice" | "rle">[],
): Promise<VolumeMeasurements> {
  const info = await images.get(imageId);
  if (!info) throw new SegmenterError("ImageNotFound", { imageId });
  const header = segmentationHeader(info);
  const list = masks.map(({ slice, rle }) => {
    return { segmentId: SEGMENT.id, plane, slice, mask: decodeRle(rle), origin: "propagated" } as const;
  });
  const segmentation = { header, segments: [SEGMENT], masks: list };
  const [found] = await measuresOf(segmentation, (_, slice) => images.slice(imageId, plane, slice));
  if (!found) return { ...NOTHING, unit: header.unit, areaMm2BySlice: header.unit === "mm" ? {} : null };
  const { voxels, volumeMl, areas, longestDiameter, perpendicularDiameter, unit, bounds } = found;
  const { mean, sd, min, max, median } = found;
  const inMm = areas.flatMap(({ slice, areaMm2 }) => (areaMm2 === undefined ? [] : [[slice, areaMm2]]));
  return {
    ...{ voxels, volumeMl: volumeMl ?? null, longestDiameter, perpendicularDiameter, unit },
    areaMm2BySlice: unit === "mm" ? Object.fromEntries(inMm) : null,
    bounds: { from: [...bounds.from], to: [...bounds.to] },
    ...{ mean, sd, min, max, median },
  };
}

const NOTHING = {
  ...{ voxels: 0, volumeMl: null, longestDiameter: 0, perpendicularDiameter: 0, bounds: null },
  ...{ mean: null, sd: null, min: null, max: null, median: null },
};
