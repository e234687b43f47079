/** Measures as rows: of each segment, of each of its slices, and what was measured beside them. */
import type { Measurement } from "../../../core/annotation/measurements.ts";
import type { Segment, Segmentation, SliceMask } from "../../../core/annotation/segmentation.ts";
import { angleAt, lengthBetween } from "../../../core/image/distance.ts";
import { spacingOf } from "../../../core/image/geometry.ts";
import { sliceGrid } from "../../../core/image/slice.ts";
import { maskArea } from "../../../core/mask/mask.ts";
import { shapeOf } from "../../../core/volume/measures.ts";

export type Cell = string | number | undefined;

export interface Table {
  readonly name: "segments" | "slices" | "measurements";
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const SEGMENT_COLUMNS = [
  ...["number", "name", "scheme", "code", "slices", "voxels", "volumeMl", "unit"],
  ...["longestDiameter", "perpendicularDiameter", "diameterSlice"],
];
const SLICE_COLUMNS = ["number", "name", "plane", "slice", "pixels", "areaMm2", "origin", "predictedIou", "doubtful"];
const MEASUREMENT_COLUMNS = ["kind", "plane", "slice", "value", "unit", "x0", "y0", "x1", "y1", "x2", "y2"];

/** Millimetres only where the image has them; slices count from 1, pixels from 0. No table of measurements where there are none. */
export function measureTables(segmentation: Segmentation): readonly Table[] {
  const { segments, measurements = [] } = segmentation;
  const measured = measurements.map((measurement) => measurementRow(segmentation, measurement));
  return [
    { name: "segments", columns: SEGMENT_COLUMNS, rows: segments.map((segment) => segmentRow(segmentation, segment)) },
    { name: "slices", columns: SLICE_COLUMNS, rows: sliceRows(segmentation) },
    ...(measured.length > 0 ? [{ name: "measurements" as const, columns: MEASUREMENT_COLUMNS, rows: measured }] : []),
  ];
}

function segmentRow(segmentation: Segmentation, segment: Segment): readonly Cell[] {
  const { number, name, code } = segment;
  const who = [number, name, code?.scheme, code?.value];
  const shape = shapeOf(segmentation, segment);
  if (!shape) return [...who, 0, 0, undefined, segmentation.header.unit];
  const { areas, voxels, volumeMl, unit, longestDiameter, perpendicularDiameter, diameterSlice } = shape;
  return [
    ...who,
    ...[areas.length, voxels, volumeMl, unit],
    ...[longestDiameter, perpendicularDiameter, diameterSlice + 1],
  ];
}

function sliceRows({ header, segments, masks }: Segmentation): (readonly Cell[])[] {
  return segments.flatMap(({ id, number, name }) =>
    masks
      .filter(({ segmentId }) => segmentId === id)
      .map(({ plane, slice, mask, origin, predictedIou, doubtful }) => {
        const pixels = maskArea(mask);
        const area = header.unit === "mm" ? pixels * pixelArea(header, plane) : undefined;
        return [number, name, plane, slice + 1, pixels, area, origin, predictedIou, doubtful ? "yes" : ""];
      }),
  );
}

function pixelArea(header: Segmentation["header"], plane: SliceMask["plane"]): number {
  const [x, y] = sliceGrid(header, plane).spacingMm ?? spacingOf(header.ijkToLps);
  return x * y;
}

function measurementRow(segmentation: Segmentation, measurement: Measurement): readonly Cell[] {
  const { tool, at, points } = measurement;
  return [tool, at.plane, at.slice + 1, ...valueAndUnit(segmentation, measurement), ...points.flat()];
}

/** Several channels of a probe are one text. */
function valueAndUnit(
  { header, valueUnit }: Segmentation,
  { tool, at, points: [a, b, c], values = [] }: Measurement,
): readonly [Cell, Cell] {
  if (tool === "probe") return [values.length > 1 ? values.join(" ") : values[0], valueUnit];
  const { spacingMm } = sliceGrid(header, at.plane);
  if (tool === "angle") return [angleAt([a, b, c], spacingMm), "°"];
  const { value, unit } = lengthBetween(a, b, spacingMm);
  return [value, unit];
}
