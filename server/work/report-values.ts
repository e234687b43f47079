/** Statistics of the voxels under each segment, for a measurement report: its writer has the masks alone. */
import type { ExportRequest, ImageInfo } from "../../core/wire/index.ts";
import type { SegmentValues } from "../../formats/index.ts";
import type { SliceSource } from "./embeddings.ts";
import { measureSegment } from "./job-measurements.ts";

/** One for each segment of the request; `null` where it has masks of several planes or none. Only of CT, whose unit is certain. */
export async function reportValues(
  images: SliceSource,
  { imageId, format, plane, segments }: ExportRequest,
  info: Pick<ImageInfo, "modality"> | undefined,
): Promise<readonly (SegmentValues | null)[] | undefined> {
  if (format !== "dicom-sr" || info?.modality !== "CT") return undefined;
  const values = [];
  for (const { masks = [] } of segments) {
    const planes = new Set(masks.map((mask) => mask.plane ?? plane));
    const [only] = planes;
    const found = only && planes.size === 1 ? await measureSegment(images, { imageId, plane: only }, masks) : undefined;
    const { mean, sd, min, max } = found ?? NOTHING;
    values.push(mean === null || sd === null || min === null || max === null ? null : { mean, sd, min, max });
  }
  return values;
}

const NOTHING = { mean: null, sd: null, min: null, max: null };
