/** DICOM Segmentation, BINARY (PS3.3 A.51, C.8.20): segments may overlap, frames without a pixel are left out. */
import type { Segmentation } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import type { ImageSource } from "../../core/image/source.ts";
import { withPlainNames } from "./dicom/deidentify.ts";
import type { DicomElement, DicomItem } from "./dicom/encode.ts";
import { isPlaced, pixelMeasures, planeOrientation, planePosition } from "./dicom/frame-geometry.ts";
import { writeObject } from "./dicom/object.ts";
import {
  dicomDateTime,
  equipmentElements,
  type Provenance,
  requireSource,
  studyElements,
  uidOf,
} from "./dicom/provenance.ts";
import { derivationImage, referencedSeries } from "./dicom/references.ts";
import { codingSchemes, segmentItem } from "./dicom/segment-items.ts";
import { nativeSlices } from "./native-slices.ts";
import type { Write } from "./writer.ts";

const SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4";
/** More bits than these are not built in one piece. */
const MOST_BYTES = 2 ** 29;

/** Throws CannotExport for an image without a DICOM source. */
export const writeDicomSeg: Write = (segmentation, { stem, provenance }) => {
  const known = requireSource(provenance, "dicom-seg");
  const shown = known.deidentify ? withPlainNames(segmentation) : segmentation;
  return {
    covered: [],
    files: () => [{ name: `${stem}.seg.dcm`, type: "application/dicom", bytes: segOf(shown, known) }],
  };
};

/** A frame: which segment, which slice, which pixels. */
interface Frame {
  /** Number of the segment in the object, from 1. */
  readonly number: number;
  readonly k: number;
  readonly data: Uint8Array;
}

function segOf(segmentation: Segmentation, provenance: Provenance & { source: ImageSource }): Uint8Array<ArrayBuffer> {
  const { header } = segmentation;
  const { source } = provenance;
  if (source.slices.length !== header.size[2])
    throw new SegmenterError("CannotExport", { format: "dicom-seg", reason: "not every slice has a DICOM instance" });
  const segments = segmentation.segments.toSorted((a, b) => a.number - b.number);
  const frames = segments.flatMap((segment, n) =>
    nativeSlices(segmentation, segment).map((slice): Frame => ({ number: n + 1, ...slice })),
  );
  if (frames.length === 0)
    throw new SegmenterError("CannotExport", { format: "dicom-seg", reason: "no segment has a pixel" });
  const pixels = packBits(frames, header.size[0] * header.size[1]);
  const seed = [header.imageId, provenance.at.toISOString()];
  const sopInstanceUid = uidOf(
    provenance,
    "seg",
    ...seed,
    JSON.stringify(segmentation.segments),
    String(frames.length),
  );
  const elements: DicomItem = [
    ...studyElements(source),
    ...seriesElements(provenance, { sopInstanceUid, seriesUid: uidOf(provenance, "series", ...seed) }),
    ...equipmentElements(provenance),
    ...imageElements(segmentation, frames.length),
    [0x00620002, "SQ", segments.map((segment, n) => segmentItem(segmentation, segment, n + 1, provenance))],
    ...codingSchemes,
    referencedSeries(source),
    ...functionalGroups(segmentation, frames, provenance),
    [0x7fe00010, "OB", pixels],
  ];
  return writeObject({ sopClassUid: SEGMENTATION_STORAGE, sopInstanceUid, elements }, provenance);
}

/** Bits run on over the frames without a gap, the first pixel in the lowest bit (PS3.5 §8.1.1, PS3.3 C.8.20.2). */
function packBits(frames: readonly Frame[], pixels: number): Uint8Array {
  const length = Math.ceil((frames.length * pixels) / 8);
  if (length > MOST_BYTES)
    throw new SegmenterError("TooLarge", { what: "DICOM SEG in bytes", value: length, limit: MOST_BYTES });
  const bits = new Uint8Array(length);
  for (const [n, { data }] of frames.entries()) {
    const start = n * pixels;
    for (let at = data.indexOf(1); at >= 0 && at < pixels; at++) {
      if (data[at]) bits[(start + at) >> 3] = (bits[(start + at) >> 3] ?? 0) | (1 << ((start + at) & 7));
    }
  }
  return bits;
}

function seriesElements(
  { source, at }: Provenance & { source: ImageSource },
  { sopInstanceUid, seriesUid }: { sopInstanceUid: string; seriesUid: string },
): DicomItem {
  const { date, time } = dicomDateTime(at);
  const { frameOfReferenceUid, attributes } = source;
  const position: DicomItem = [
    [0x00200052, "UI", frameOfReferenceUid ?? ""],
    [0x00201040, "LO", attributes["00201040"]?.value ?? ""],
  ];
  return [
    [0x00080016, "UI", SEGMENTATION_STORAGE],
    [0x00080018, "UI", sopInstanceUid],
    [0x00080012, "DA", date],
    [0x00080013, "TM", time],
    [0x00080021, "DA", date],
    [0x00080031, "TM", time],
    [0x00080023, "DA", date],
    [0x00080033, "TM", time],
    [0x00080060, "CS", "SEG"],
    [0x0008103e, "LO", "Promptomy segmentation, research use only"],
    [0x0020000e, "UI", seriesUid],
    [0x00200011, "IS", "1000"],
    [0x00200013, "IS", "1"],
    ...(frameOfReferenceUid ? position : []),
  ];
}

function imageElements({ header }: Segmentation, frames: number): DicomItem {
  const [columns, rows] = header.size;
  return [
    [0x00080008, "CS", ["DERIVED", "PRIMARY"]],
    [0x00280002, "US", [1]],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280008, "IS", String(frames)],
    [0x00280010, "US", [rows]],
    [0x00280011, "US", [columns]],
    [0x00280100, "US", [1]],
    [0x00280101, "US", [1]],
    [0x00280102, "US", [0]],
    [0x00280103, "US", [0]],
    [0x00282110, "CS", "00"],
    [0x00620001, "CS", "BINARY"],
    [0x00700080, "CS", "SEGMENTATION"],
    [0x00700081, "LO", "Made with Promptomy. Not for diagnosis."],
    [0x00700084, "PN", ""],
  ];
}

const SEGMENT_NUMBER: DicomItem = [
  [0x00209165, "AT", [0x0062000b]],
  [0x00209167, "AT", [0x0062000a]],
];
const PLACE: DicomItem = [
  [0x00209165, "AT", [0x00200032]],
  [0x00209167, "AT", [0x00209113]],
];
const STACK: DicomItem = [
  [0x00209165, "AT", [0x00209057]],
  [0x00209167, "AT", [0x00209111]],
];

function functionalGroups(
  { header }: Segmentation,
  frames: readonly Frame[],
  provenance: Provenance & { source: ImageSource },
): DicomItem {
  const { source } = provenance;
  const placed = isPlaced(header, source);
  const organization = uidOf(provenance, "dimensions", header.imageId, String(placed));
  const rank = new Map([...new Set(frames.map(({ k }) => k))].toSorted((a, b) => a - b).map((k, n) => [k, n + 1]));
  const frameItem = ({ number, k }: Frame): DicomItem => [
    derivationImage(source, k),
    [0x00209111, "SQ", [frameContent([number, rank.get(k) ?? 0], placed, k)]],
    ...(placed ? [planePosition(header, k)] : []),
    [0x0062000a, "SQ", [[[0x0062000b, "US", [number]]]]],
  ];
  const dimension = (pointer: DicomItem): DicomItem => [...pointer, [0x00209164, "UI", organization]];
  const shared: DicomItem = [
    ...(header.unit === "mm" ? [pixelMeasures(header)] : []),
    ...(placed ? [planeOrientation(header)] : []),
  ];
  return [
    [0x00209221, "SQ", [[[0x00209164, "UI", organization]]]],
    [0x00209222, "SQ", [dimension(SEGMENT_NUMBER), dimension(placed ? PLACE : STACK)]],
    [0x52009229, "SQ", [shared]],
    [0x52009230, "SQ", frames.map(frameItem)],
  ];
}

function frameContent(values: readonly number[], placed: boolean, k: number): DicomItem {
  const stack: readonly DicomElement[] = [
    [0x00209056, "SH", "1"],
    [0x00209057, "UL", [k + 1]],
  ];
  return [[0x00209157, "UL", values], ...(placed ? [] : stack)];
}
