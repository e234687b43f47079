/** RT Structure Set (PS3.3 A.19): the outlines of every native slice along pixel edges, so that their area is the mask's. */
import type { Segment, Segmentation } from "../../core/annotation/segmentation.ts";
import { rgbOf } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { transformPoint } from "../../core/image/geometry.ts";
import { atSlice, sliceGrid } from "../../core/image/slice.ts";
import type { ImageSource } from "../../core/image/source.ts";
import { type Contour, traceContours } from "../../core/mask/contours.ts";
import type { Vertex } from "../../core/mask/polygon.ts";
import { withPlainNames } from "./dicom/deidentify.ts";
import type { DicomItem } from "./dicom/encode.ts";
import { isPlaced } from "./dicom/frame-geometry.ts";
import { writeObject } from "./dicom/object.ts";
import {
  dicomDateTime,
  equipmentElements,
  type Provenance,
  requireSource,
  studyElements,
  uidOf,
} from "./dicom/provenance.ts";
import { instanceItem, instancesOf } from "./dicom/references.ts";
import { algorithmOf } from "./dicom/segment-items.ts";
import { nativeSlices } from "./raster/native-slices.ts";
import type { Write } from "./writer.ts";

const RTSTRUCT_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3";
const STUDY = "1.2.840.10008.3.1.2.3.1";
type Known = Provenance & { readonly source: ImageSource };

/** Throws CannotExport for an image without a DICOM source, or without a place in the patient. */
export const writeRtstruct: Write = (segmentation, { stem, provenance }) => {
  const known = requireSource(provenance, "rtstruct");
  if (!isPlaced(segmentation.header, known.source))
    throw new SegmenterError("CannotExport", { format: "rtstruct", reason: "the image has no patient coordinates" });
  const shown = known.deidentify ? withPlainNames(segmentation) : segmentation;
  return {
    covered: [],
    files: () => [{ name: `${stem}.rtstruct.dcm`, type: "application/dicom", bytes: objectOf(shown, known) }],
  };
};

function objectOf(segmentation: Segmentation, provenance: Known): Uint8Array<ArrayBuffer> {
  const { source, at } = provenance;
  const { date, time } = dicomDateTime(at);
  const seed = [segmentation.header.imageId, at.toISOString()];
  const sopInstanceUid = uidOf(provenance, "rtstruct", ...seed, JSON.stringify(segmentation.segments));
  const { segments } = segmentation;
  const frame = source.frameOfReferenceUid ?? "";
  const elements: DicomItem = [
    ...studyElements(source),
    ...equipmentElements(provenance),
    [0x00080016, "UI", RTSTRUCT_STORAGE],
    [0x00080018, "UI", sopInstanceUid],
    [0x00080060, "CS", "RTSTRUCT"],
    [0x0008103e, "LO", "Promptomy structures, research use only"],
    [0x00081070, "PN", ""],
    [0x0020000e, "UI", uidOf(provenance, "rtstruct series", ...seed)],
    [0x00200011, "IS", "1001"],
    [0x00200013, "IS", "1"],
    [0x00200052, "UI", frame],
    [0x00201040, "LO", source.attributes["00201040"]?.value ?? ""],
    [0x30060002, "SH", "PROMPTOMY"],
    [0x30060008, "DA", date],
    [0x30060009, "TM", time],
    [0x30060010, "SQ", [frameOfReference(source, frame)]],
    [0x30060020, "SQ", segments.map((segment, n) => structure(segmentation, segment, n + 1, frame))],
    [0x30060039, "SQ", segments.map((segment, n) => contours(segmentation, segment, n + 1, source))],
    [0x30060080, "SQ", segments.map((_, n) => observation(n + 1))],
    [0x300e0002, "CS", "UNAPPROVED"],
  ];
  return writeObject({ sopClassUid: RTSTRUCT_STORAGE, sopInstanceUid, elements, implicit: true }, provenance);
}

function frameOfReference(source: ImageSource, frame: string): DicomItem {
  const series: DicomItem = [
    [0x0020000e, "UI", source.seriesInstanceUid],
    [0x30060016, "SQ", instancesOf(source).map(instanceItem)],
  ];
  const study: DicomItem = [
    [0x00081150, "UI", STUDY],
    [0x00081155, "UI", source.studyInstanceUid],
    [0x30060014, "SQ", [series]],
  ];
  return [
    [0x00200052, "UI", frame],
    [0x30060012, "SQ", [study]],
  ];
}

const structure = (segmentation: Segmentation, segment: Segment, number: number, frame: string): DicomItem => [
  [0x30060022, "IS", String(number)],
  [0x30060024, "UI", frame],
  [0x30060026, "LO", segment.name.replaceAll("\\", " ")],
  [0x30060036, "CS", algorithmOf(segmentation, segment)],
];

const observation = (number: number): DicomItem => [
  [0x30060082, "IS", String(number)],
  [0x30060084, "IS", String(number)],
  [0x300600a4, "CS", ""],
  [0x300600a6, "PN", ""],
];

function contours(segmentation: Segmentation, segment: Segment, number: number, source: ImageSource): DicomItem {
  const { header } = segmentation;
  const [width, height] = header.size;
  const grid = sliceGrid(header, "native");
  const traced = nativeSlices(segmentation, segment).map(({ k, data }) => ({
    k,
    found: traceContours({ width, height, data }),
  }));
  const holes = traced.some(({ found }) => found.some((contour) => contour.holes.length > 0));
  const items = traced.flatMap(({ k, found }) => {
    const matrix = atSlice(header, grid, k);
    const image = source.slices[k];
    return ringsOf(found).map(
      (ring): DicomItem => [
        ...(image ? ([[0x30060016, "SQ", [instanceItem(image)]]] as const) : []),
        // Rings of a slice cut each other out; where there is nothing to cut the older term is read by more.
        [0x30060042, "CS", holes ? "CLOSEDPLANAR_XOR" : "CLOSED_PLANAR"],
        [0x30060046, "IS", String(ring.length)],
        [0x30060050, "DS", ring.flatMap(([x, y]) => transformPoint(matrix, [x, y, 0]).map(tenMicrons))],
      ],
    );
  });
  return [
    [0x3006002a, "IS", rgbOf(segment.colour).map(String)],
    ...(items.length > 0 ? ([[0x30060040, "SQ", items]] as const) : []),
    [0x30060084, "IS", String(number)],
  ];
}

const ringsOf = (found: readonly Contour[]): readonly (readonly Vertex[])[] =>
  found.flatMap(({ outer, holes }) => [outer, ...holes]);

/** Text of sixteen digits a number would be many times the size of the mask. */
const tenMicrons = (value: number) => Math.round(value * 1e5) / 1e5;
