/** Measures as CSV (RFC 4180): a row for each segment, and a row for each of its slices. */
import type { Segment, Segmentation, SliceMask } from "../../core/annotation/segmentation.ts";
import { spacingOf } from "../../core/image/geometry.ts";
import { sliceGrid } from "../../core/image/slice.ts";
import { maskArea } from "../../core/mask/mask.ts";
import { shapeOf } from "../../core/volume/measures.ts";
import { textFile, type Write } from "./writer.ts";

const SEGMENT_COLUMNS = [
  ...["number", "name", "scheme", "code", "slices", "voxels", "volumeMl", "unit"],
  ...["longestDiameter", "perpendicularDiameter", "diameterSlice"],
];
const SLICE_COLUMNS = ["number", "name", "plane", "slice", "pixels", "areaMm2", "origin", "predictedIou", "doubtful"];

/** `<stem>.segments.csv` and `<stem>.slices.csv`. Millimetres only where the image has them; slices count from 1. */
export const writeCsv: Write = (segmentation, { stem }) => ({
  covered: [],
  files: () => [
    csv(
      `${stem}.segments.csv`,
      SEGMENT_COLUMNS,
      segmentation.segments.map((segment) => segmentRow(segmentation, segment)),
    ),
    csv(`${stem}.slices.csv`, SLICE_COLUMNS, sliceRows(segmentation)),
  ],
});

type Cell = string | number | undefined;

/** A byte order mark tells spreadsheets that it is UTF-8; a formula stays text. */
function csv(name: string, columns: readonly string[], rows: readonly (readonly Cell[])[]) {
  const lines = [columns, ...rows].map((row) => row.map(cell).join(","));
  return textFile(name, "text/csv", `\ufeff${lines.join("\r\n")}\r\n`);
}

function cell(value: Cell): string {
  if (typeof value !== "string") return value === undefined ? "" : String(value);
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
