/** Numbers of a segment through a volume, from those of its slices. */
import { planeOf } from "../../core/image/planes.ts";
import { sliceThickness } from "../../core/image/thickness.ts";
import type { Plane } from "../../core/image/volume.ts";
import { measureMask } from "../../core/mask/measurements.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { JobMask, VolumeMeasurements } from "../../core/wire/index.ts";
import type { SliceSource } from "./embeddings.ts";

interface Sums {
  area: number;
  sum: number;
  squares: number;
  min: number;
  max: number;
  longest: number;
}

/** Millimetres only where the image knows its spacing; a volume only where its slices lie beside each other. */
export async function measureSegment(
  images: SliceSource,
  { imageId, plane }: { imageId: string; plane: Plane },
  masks: readonly JobMask[],
): Promise<VolumeMeasurements> {
  const sums: Sums = { area: 0, sum: 0, squares: 0, min: Infinity, max: -Infinity, longest: 0 };
  const areas: Record<string, number> = {};
  const image = await images.get(imageId);
  let unit: "mm" | "px" = image?.spacing ? "mm" : "px";
  for (const { slice, rle } of masks) {
    const found = measureMask(decodeRle(rle), await images.slice(imageId, plane, slice));
    unit = found.unit;
    if (found.areaMm2 !== undefined) areas[slice] = found.areaMm2;
    if (found.area > 0) add(sums, found);
  }
  const mean = sums.area > 0 ? sums.sum / sums.area : null;
  const thickness = image?.spacing ? sliceThickness(planeOf(image, plane), image.slicePositions) : undefined;
  const total = Object.entries(areas).reduce((all, [slice, area]) => all + area * (thickness?.[Number(slice)] ?? 0), 0);
  return {
    volumeMl: unit === "mm" && thickness ? total / 1000 : null,
    areaMm2BySlice: unit === "mm" ? areas : null,
    longestDiameter: sums.longest,
    unit,
    mean,
    sd: mean === null ? null : Math.sqrt(Math.max(0, sums.squares / sums.area - mean ** 2)),
    min: sums.area > 0 ? sums.min : null,
    max: sums.area > 0 ? sums.max : null,
  };
}

function add(sums: Sums, { area, mean, sd, min, max, longestDiameter }: ReturnType<typeof measureMask>): void {
  sums.area += area;
  sums.sum += area * mean;
  sums.squares += area * (sd ** 2 + mean ** 2);
  sums.min = Math.min(sums.min, min);
  sums.max = Math.max(sums.max, max);
  sums.longest = Math.max(sums.longest, longestDiameter);
}
