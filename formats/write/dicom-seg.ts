/** DICOM Segmentation (PS3.3 A.51, A.105, C.8.20): bits, whose segments may overlap, or numbers. Frames without a pixel are left out. */
import { labelmapOf } from "../../core/annotation/labelmap.ts";
import type { Segmentation } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { littleEndianBytes } from "../../core/image/dtype.ts";
import type { ImageSource } from "../../core/image/source.ts";
import { maskArea } from "../../core/mask/mask.ts";
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
import { nativeSlices } from "./raster/native-slices.ts";
import type { SegmentationFile, Write } from "./writer.ts";

/** More bytes than these are not built in one piece. */
const MOST_BYTES = 2 ** 29;

/** Throws CannotExport for an image without a DICOM source. */
export const writeDicomSeg: Write = (segmentation, { stem, provenance }) => {
  const known = requireSource(provenance, "dicom-seg");
  return { covered: [], files: () => [fileOf(`${stem}.seg.dcm`, segmentation, known, bitsOf)] };
};

/** Label Map Segmentation (PS3.3 A.105): one number a voxel, which is small and quick, and holds no overlap. */
export const writeDicomLabelmap: Write = (segmentation, { stem, provenance, overlap }) => {
  const known = requireSource(provenance, "dicom-seg-labelmap");
  const way = overlap === "separate" || overlap === "4d" ? "smaller" : overlap;
  const map = labelmapOf(withRanks(segmentation), way);
  const packed = () => numbersOf(segmentation, map.labels);
  return {
    covered: map.covered,
    files: () => [fileOf(`${stem}.labelmap.dcm`, segmentation, known, packed)],
  };
};

/** A frame: which slice, and of BINARY which segment, by its number in the object, from 1. */
interface Frame {
  readonly k: number;
  readonly number?: number;
}

/** Segmentation Storage and Label Map Segmentation Storage. */
const CLASSES = { BINARY: "1.2.840.10008.5.1.4.1.1.66.4", LABELMAP: "1.2.840.10008.5.1.4.1.1.66.7" } as const;

/** The pixels of an object and how they are to be read. */
interface Packed {
  readonly type: keyof typeof CLASSES;
  readonly frames: readonly Frame[];
  readonly bits: 1 | 8 | 16;
  readonly pixels: Uint8Array;
}

const inOrder = ({ segments }: Segmentation) => segments.toSorted((a, b) => a.number - b.number);

/** Numbers of an object run from 1 without gaps; the order of the list, which decides overlaps, stays. */
function withRanks(segmentation: Segmentation): Segmentation {
  const rank = new Map(inOrder(segmentation).map(({ id }, n) => [id, n + 1]));
  const segments = segmentation.segments.map((segment) => ({ ...segment, number: rank.get(segment.id) ?? 0 }));
  return { ...segmentation, segments };
}

function fileOf(
  name: string,
  segmentation: Segmentation,
  provenance: Provenance & { source: ImageSource },
  pack: (segmentation: Segmentation) => Packed,
): SegmentationFile {
  const shown = provenance.deidentify ? withPlainNames(segmentation) : segmentation;
  return { name, type: "application/dicom", bytes: segOf(shown, provenance, pack) };
}

function segOf(
  segmentation: Segmentation,
  provenance: Provenance & { source: ImageSource },
  pack: (segmentation: Segmentation) => Packed,
): Uint8Array<ArrayBuffer> {
  const { header } = segmentation;
  const { source } = provenance;
  if (source.slices.length !== header.size[2])
    throw new SegmenterError("CannotExport", { format: "dicom-seg", reason: "not every slice has a DICOM instance" });
  const packed = pack(segmentation);
  const { frames, type } = packed;
  if (frames.length === 0)
    throw new SegmenterError("CannotExport", { format: "dicom-seg", reason: "no segment has a pixel" });
  const { sopClassUid, sopInstanceUid, seriesUid } = segUids(segmentation, provenance, type);
  const elements: DicomItem = [
    ...studyElements(source),
    ...seriesElements(provenance, { sopClassUid, sopInstanceUid, seriesUid }),
    ...equipmentElements(provenance),
    ...imageElements(segmentation, packed),
    [0x00620002, "SQ", inOrder(segmentation).map((one, n) => segmentItem(segmentation, one, n + 1, provenance))],
    ...codingSchemes,
    referencedSeries(source),
    ...functionalGroups(segmentation, frames, provenance),
    [0x7fe00010, packed.bits === 16 ? "OW" : "OB", packed.pixels],
  ];
  return writeObject({ sopClassUid, sopInstanceUid, elements }, provenance);
}

/** What another object calls the segmentation. The same result at the same time is the same object. */
export function segUids(
  { header, segments, masks }: Segmentation,
  provenance: Provenance,
  type: Packed["type"] = "BINARY",
): { sopClassUid: string; sopInstanceUid: string; seriesUid: string } {
  const seed = [header.imageId, provenance.at.toISOString(), ...(type === "BINARY" ? [] : [type])];
  const places = masks.map(({ segmentId, plane, slice, mask }) => [segmentId, plane, slice, maskArea(mask)]);
  return {
    sopClassUid: CLASSES[type],
    sopInstanceUid: uidOf(provenance, "seg", ...seed, JSON.stringify([segments, places])),
    seriesUid: uidOf(provenance, "series", ...seed),
  };
}

function requireRoom(length: number): number {
  if (length > MOST_BYTES)
    throw new SegmenterError("TooLarge", { what: "DICOM SEG in bytes", value: length, limit: MOST_BYTES });
  return length;
}

/** Bits run on over the frames without a gap, the first pixel in the lowest bit (PS3.5 §8.1.1, PS3.3 C.8.20.2). */
function bitsOf(segmentation: Segmentation): Packed {
  const [columns, rows] = segmentation.header.size;
  const size = columns * rows;
  const frames = inOrder(segmentation).flatMap((segment, n) =>
    nativeSlices(segmentation, segment).map((slice) => ({ number: n + 1, ...slice })),
  );
  const pixels = new Uint8Array(requireRoom(Math.ceil((frames.length * size) / 8)));
  for (const [n, { data }] of frames.entries()) {
    const start = n * size;
    const last = data.lastIndexOf(1);
    for (let at = data.indexOf(1); at >= 0 && at <= last; at++) {
      if (data[at]) pixels[(start + at) >> 3] = (pixels[(start + at) >> 3] ?? 0) | (1 << ((start + at) & 7));
    }
  }
  return { type: "BINARY", frames, bits: 1, pixels };
}

/** The slices of a labelmap that have a number, one after the other. */
function numbersOf({ header }: Segmentation, labels: Uint8Array | Uint16Array): Packed {
  const [columns, rows, slices] = header.size;
  const size = columns * rows;
  const sliceAt = (k: number) => labels.subarray(k * size, (k + 1) * size);
  const frames = Array.from({ length: slices }, (_, k) => ({ k })).filter(({ k }) => sliceAt(k).some((n) => n > 0));
  const bytes = labels.BYTES_PER_ELEMENT;
  const pixels = new Uint8Array(requireRoom(frames.length * size * bytes));
  for (const [n, { k }] of frames.entries()) pixels.set(littleEndianBytes(sliceAt(k)), n * size * bytes);
  const bits = bytes === 2 ? 16 : 8;
  return { type: "LABELMAP", frames, bits, pixels };
}

function seriesElements(
  { source, at }: Provenance & { source: ImageSource },
  uids: { sopClassUid: string; sopInstanceUid: string; seriesUid: string },
): DicomItem {
  const { date, time } = dicomDateTime(at);
  const { frameOfReferenceUid, attributes } = source;
  const position: DicomItem = [
    [0x00200052, "UI", frameOfReferenceUid ?? ""],
    [0x00201040, "LO", attributes["00201040"]?.value ?? ""],
  ];
  return [
    [0x00080016, "UI", uids.sopClassUid],
    [0x00080018, "UI", uids.sopInstanceUid],
    [0x00080012, "DA", date],
    [0x00080013, "TM", time],
    [0x00080021, "DA", date],
    [0x00080031, "TM", time],
    [0x00080023, "DA", date],
    [0x00080033, "TM", time],
    [0x00080060, "CS", "SEG"],
    [0x0008103e, "LO", "Promptomy segmentation, research use only"],
    [0x0020000e, "UI", uids.seriesUid],
    [0x00200011, "IS", "1000"],
    [0x00200013, "IS", "1"],
    ...(frameOfReferenceUid ? position : []),
  ];
}

function imageElements({ header }: Segmentation, { frames, bits, type }: Packed): DicomItem {
  const [columns, rows] = header.size;
  const background: DicomItem = [
    [0x00280120, "US", [0]],
    [0x00620013, "CS", "NO"],
  ];
  return [
    [0x00080008, "CS", ["DERIVED", "PRIMARY"]],
    [0x00280002, "US", [1]],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280008, "IS", String(frames.length)],
    [0x00280010, "US", [rows]],
    [0x00280011, "US", [columns]],
    [0x00280100, "US", [bits]],
    [0x00280101, "US", [bits]],
    [0x00280102, "US", [bits - 1]],
    [0x00280103, "US", [0]],
    [0x00282110, "CS", "00"],
    [0x00620001, "CS", type],
    ...(type === "LABELMAP" ? background : []),
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
  const bySegment = frames.some(({ number }) => number !== undefined);
  const organization = uidOf(provenance, "dimensions", header.imageId, String(placed));
  const rank = new Map([...new Set(frames.map(({ k }) => k))].toSorted((a, b) => a - b).map((k, n) => [k, n + 1]));
  const frameItem = ({ number, k }: Frame): DicomItem => [
    derivationImage(source, k),
    [0x00209111, "SQ", [frameContent([...(number ? [number] : []), rank.get(k) ?? 0], placed, k)]],
    ...(placed ? [planePosition(header, k)] : []),
    ...(number ? [segmentOfFrame(number)] : []),
  ];
  const dimension = (pointer: DicomItem): DicomItem => [...pointer, [0x00209164, "UI", organization]];
  const shared: DicomItem = [
    ...(header.unit === "mm" ? [pixelMeasures(header)] : []),
    ...(placed ? [planeOrientation(header)] : []),
  ];
  return [
    [0x00209221, "SQ", [[[0x00209164, "UI", organization]]]],
    [0x00209222, "SQ", [...(bySegment ? [SEGMENT_NUMBER] : []), placed ? PLACE : STACK].map(dimension)],
    [0x52009229, "SQ", [shared]],
    [0x52009230, "SQ", frames.map(frameItem)],
  ];
}

const segmentOfFrame = (number: number): DicomElement => [0x0062000a, "SQ", [[[0x0062000b, "US", [number]]]]];

function frameContent(values: readonly number[], placed: boolean, k: number): DicomItem {
  const stack: readonly DicomElement[] = [
    [0x00209056, "SH", "1"],
    [0x00209057, "UL", [k + 1]],
  ];
  return [[0x00209157, "UL", values], ...(placed ? [] : stack)];
}
