/**
 * Measurement report (PS3.16 TID 1500) as Comprehensive 3D SR (PS3.3 A.35.13): volume and diameters of every segment, by reference to
 * the segmentation that is written beside it.
 */
import type { Segment, Segmentation } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { spacingOf } from "../../core/image/geometry.ts";
import type { ImageSource } from "../../core/image/source.ts";
import { diametersOf } from "../../core/mask/measurements.ts";
import { volumeOf } from "../../core/volume/measures.ts";
import { withPlainNames } from "./dicom/deidentify.ts";
import type { DicomElement, DicomItem } from "./dicom/encode.ts";
import { writeObject } from "./dicom/object.ts";
import {
  code,
  dicomDateTime,
  equipmentElements,
  type Provenance,
  requireSource,
  studyElements,
  uidOf,
} from "./dicom/provenance.ts";
import { instanceItem, instancesOf } from "./dicom/references.ts";
import { codingSchemes, trackingOf, typeOf } from "./dicom/segment-items.ts";
import { segUids, writeDicomSeg } from "./dicom-seg.ts";
import { nativeSlices } from "./raster/native-slices.ts";
import type { SegmentValues, Write, WriteOptions } from "./writer.ts";

const COMPREHENSIVE_3D = "1.2.840.10008.5.1.4.1.1.88.34";

/** `<stem>.sr.dcm` and the `<stem>.seg.dcm` that it refers to. Throws CannotExport without a source, and without volumes. */
export const writeDicomReport: Write = (segmentation, options) => {
  const known = requireSource(options.provenance, "dicom-sr");
  const shown = known.deidentify ? withPlainNames(segmentation) : segmentation;
  const { files } = writeDicomSeg(segmentation, options);
  const name = `${options.stem}.sr.dcm`;
  return {
    covered: [],
    files: () => [{ name, type: "application/dicom", bytes: reportOf(shown, known, options.values) }, ...files()],
  };
};

function reportOf(
  segmentation: Segmentation,
  provenance: Provenance & { source: ImageSource },
  values: WriteOptions["values"],
) {
  const { source, at } = provenance;
  const uids = segUids(segmentation, provenance);
  const sopInstanceUid = uidOf(provenance, "report", uids.sopInstanceUid);
  const { date, time } = dicomDateTime(at);
  const elements: DicomItem = [
    ...studyElements(source),
    ...equipmentElements(provenance),
    [0x00080016, "UI", COMPREHENSIVE_3D],
    [0x00080018, "UI", sopInstanceUid],
    [0x00080023, "DA", date],
    [0x00080033, "TM", time],
    [0x00080060, "CS", "SR"],
    [0x0008103e, "LO", "Promptomy measurements, research use only"],
    [0x00081111, "SQ", []],
    [0x0020000e, "UI", uidOf(provenance, "report series", uids.seriesUid)],
    [0x00200011, "IS", "1001"],
    [0x00200013, "IS", "1"],
    [0x0040a372, "SQ", []],
    [0x0040a491, "CS", "COMPLETE"],
    [0x0040a493, "CS", "UNVERIFIED"],
    ...codingSchemes,
    evidence(source, uids),
    ...container(
      code("126000", "DCM", "Imaging Measurement Report"),
      contentOf(segmentation, { provenance, uids, values }),
      "1500",
    ),
  ];
  return writeObject({ sopClassUid: COMPREHENSIVE_3D, sopInstanceUid, elements }, provenance);
}

type SegUids = ReturnType<typeof segUids>;

/** Current Requested Procedure Evidence Sequence: all that the content refers to. */
function evidence(source: ImageSource, { sopClassUid, sopInstanceUid, seriesUid }: SegUids): DicomElement {
  const series = (uid: string, instances: readonly DicomItem[]): DicomItem => [
    [0x0020000e, "UI", uid],
    [0x00081199, "SQ", instances],
  ];
  const all = [
    series(source.seriesInstanceUid, instancesOf(source).map(instanceItem)),
    series(seriesUid, [instanceItem({ sopClassUid, sopInstanceUid, frame: 1 })]),
  ];
  const study: DicomItem = [
    [0x0020000d, "UI", source.studyInstanceUid],
    [0x00081115, "SQ", all],
  ];
  return [0x0040a375, "SQ", [study]];
}

interface Said {
  readonly provenance: Provenance & { source: ImageSource };
  readonly uids: SegUids;
  readonly values: WriteOptions["values"];
}

function contentOf(segmentation: Segmentation, said: Said): readonly DicomItem[] {
  const { provenance } = said;
  const segments = segmentation.segments.toSorted((a, b) => a.number - b.number);
  const groups = segments.map((segment, n) => groupOf(segmentation, segment, { ...said, number: n + 1 }));
  return [
    coded(
      "HAS CONCEPT MOD",
      code("121049", "DCM", "Language of Content Item and Descendants"),
      code("en", "RFC5646", "English"),
    ),
    coded("HAS OBS CONTEXT", code("121005", "DCM", "Observer Type"), code("121007", "DCM", "Device")),
    uidRef(
      "HAS OBS CONTEXT",
      code("121012", "DCM", "Device Observer UID"),
      uidOf(provenance, "device", provenance.version),
    ),
    text("HAS OBS CONTEXT", code("121013", "DCM", "Device Observer Name"), "Promptomy"),
    coded(
      "HAS CONCEPT MOD",
      code("121058", "DCM", "Procedure reported"),
      code("363679005", "SCT", "Imaging procedure"),
    ),
    nested(code("126010", "DCM", "Imaging Measurements"), groups),
  ];
}

/** TID 1411, volumetric ROI measurements. */
function groupOf(
  segmentation: Segmentation,
  segment: Segment,
  { number, provenance, uids, values }: Said & { readonly number: number },
): DicomItem {
  const tracking = trackingOf(segmentation, segment, provenance);
  const referenced: DicomItem = [...instanceItem({ ...uids, frame: 1 }), [0x0062000b, "US", [number]]];
  const items = [
    text("HAS OBS CONTEXT", code("112039", "DCM", "Tracking Identifier"), segment.name),
    uidRef("HAS OBS CONTEXT", code("112040", "DCM", "Tracking Unique Identifier"), tracking.uid),
    coded("CONTAINS", code("121071", "DCM", "Finding"), typeOf(segment)),
    item("CONTAINS", "IMAGE", code("121191", "DCM", "Referenced Segment"), [[0x00081199, "SQ", [referenced]]]),
    uidRef("CONTAINS", code("121232", "DCM", "Source series for segmentation"), provenance.source.seriesInstanceUid),
    ...measuresOf(segmentation, segment),
    ...statisticsIn(values?.get(segment.id)),
  ];
  return nested(code("125007", "DCM", "Measurement Group"), items, "1411");
}

/** Volume, and the diameters of RECIST 1.1: the longest of all slices, and the one across it. */
function measuresOf(segmentation: Segmentation, segment: Segment): readonly DicomItem[] {
  const slices = nativeSlices(segmentation, segment);
  const { size, ijkToLps } = segmentation.header;
  const areas = slices.map(({ k, data }) => ({ slice: k, area: data.reduce((sum, inside) => sum + inside, 0) }));
  const { volumeMl } = volumeOf(segmentation.header, areas);
  if (volumeMl === undefined)
    throw new SegmenterError("CannotExport", {
      format: "dicom-sr",
      reason: "its slices have no thickness to measure by",
    });
  const [width, height] = size;
  const [pitchX, pitchY] = spacingOf(ijkToLps);
  const widest = slices
    .map(({ data }) => diametersOf({ width, height, data }, [pitchX, pitchY]))
    .toSorted((a, b) => b.longestDiameter - a.longestDiameter)[0];
  return [
    measured(code("118565006", "SCT", "Volume"), volumeMl, code("ml", "UCUM", "milliliter")),
    ...(widest ? diametersIn(widest) : []),
  ];
}

const MILLIMETRE = code("mm", "UCUM", "millimeter");

const diametersIn = ({
  longestDiameter,
  perpendicularDiameter,
}: ReturnType<typeof diametersOf>): readonly DicomItem[] => [
  measured(code("103339001", "SCT", "Long Axis"), longestDiameter, MILLIMETRE),
  measured(code("103340004", "SCT", "Short Axis"), perpendicularDiameter, MILLIMETRE),
];

const HOUNSFIELD = code("[hnsf'U]", "UCUM", "Hounsfield unit");

/** Each says by which derivation it comes from the voxels (PS3.16 TID 1419). */
function statisticsIn(values: SegmentValues | undefined): readonly DicomItem[] {
  if (!values) return [];
  const derived = (value: number, derivation: DicomItem) =>
    measured(code("112031", "DCM", "Attenuation Coefficient"), value, HOUNSFIELD, [
      coded("HAS CONCEPT MOD", code("121401", "DCM", "Derivation"), derivation),
    ]);
  return [
    derived(values.mean, code("373098007", "SCT", "Mean")),
    derived(values.sd, code("386136009", "SCT", "Standard Deviation")),
    derived(values.min, code("255605001", "SCT", "Minimum")),
    derived(values.max, code("56851009", "SCT", "Maximum")),
  ];
}

function measured(concept: DicomItem, value: number, unit: DicomItem, more: readonly DicomItem[] = []): DicomItem {
  const number: DicomItem = [
    [0x0040a30a, "DS", [value]],
    [0x004008ea, "SQ", [unit]],
  ];
  return item("CONTAINS", "NUM", concept, [
    [0x0040a300, "SQ", [number]],
    ...(more.length > 0 ? ([[0x0040a730, "SQ", more]] as const) : []),
  ]);
}

const item = (relation: string, type: string, concept: DicomItem, value: DicomItem): DicomItem => [
  [0x0040a010, "CS", relation],
  [0x0040a040, "CS", type],
  [0x0040a043, "SQ", [concept]],
  ...value,
];
const coded = (relation: string, concept: DicomItem, value: DicomItem) =>
  item(relation, "CODE", concept, [[0x0040a168, "SQ", [value]]]);
const text = (relation: string, concept: DicomItem, value: string) =>
  item(relation, "TEXT", concept, [[0x0040a160, "UT", value]]);
const uidRef = (relation: string, concept: DicomItem, uid: string) =>
  item(relation, "UIDREF", concept, [[0x0040a124, "UI", uid]]);

/** A container; the root has no relation. `template` is a TID of PS3.16. */
function container(concept: DicomItem, items: readonly DicomItem[], template?: string): DicomItem {
  const named: DicomItem = [
    [0x00080105, "CS", "DCMR"],
    [0x0040db00, "CS", template ?? ""],
  ];
  return [
    [0x0040a040, "CS", "CONTAINER"],
    [0x0040a043, "SQ", [concept]],
    [0x0040a050, "CS", "SEPARATE"],
    ...(template ? ([[0x0040a504, "SQ", [named]]] as const) : []),
    [0x0040a730, "SQ", items],
  ];
}
const nested = (concept: DicomItem, items: readonly DicomItem[], template?: string): DicomItem => [
  [0x0040a010, "CS", "CONTAINS"],
  ...container(concept, items, template),
];
