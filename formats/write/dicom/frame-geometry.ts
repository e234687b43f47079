/** Where the frames of a SEG lie: Pixel Measures, Plane Orientation and Plane Position (PS3.3 C.7.6.16.2). */
import type { SegmentationHeader } from "../../../core/annotation/segmentation.ts";
import { axisOf, spacingOf } from "../../../core/image/geometry.ts";
import { atSlice, sliceGrid } from "../../../core/image/slice.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import type { Vec3 } from "../../../core/image/volume.ts";
import type { DicomElement } from "./encode.ts";

/** Images of these have a pixel pitch and no place in the patient. */
const WITHOUT_PLACE = new Set("CR DX MG US XA RF IO PX XC ES GM OP SM".split(" "));

/** False for projections and photographs, and where no frame of reference is shared: frames then only refer to their source. */
export function isPlaced(
  { unit, size }: SegmentationHeader,
  { frameOfReferenceUid, attributes }: ImageSource,
): boolean {
  const modality = attributes["00080060"]?.value.trim() ?? "";
  return unit === "mm" && frameOfReferenceUid !== undefined && !(WITHOUT_PLACE.has(modality) && size[2] === 1);
}

/** Millimetres from slice to slice along the normal; of an uneven stack the smallest. */
function distance({ ijkToLps, slicePositions }: SegmentationHeader): number {
  const normal = normalOf(axisOf(ijkToLps, 0), axisOf(ijkToLps, 1));
  if (!slicePositions) return Math.abs(dot(axisOf(ijkToLps, 2), normal));
  const places = slicePositions.map((position) => dot(position, normal)).toSorted((a, b) => a - b);
  const gaps = places
    .slice(1)
    .map((place, n) => place - (places[n] ?? place))
    .filter((gap) => gap > 1e-4);
  return gaps.length > 0 ? Math.min(...gaps) : spacingOf(ijkToLps)[2];
}

const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function normalOf([ax, ay, az]: Vec3, [bx, by, bz]: Vec3): Vec3 {
  const n: Vec3 = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
  const length = Math.hypot(...n);
  return [n[0] / length, n[1] / length, n[2] / length];
}

/** Pixel Measures; DICOM says the distance of rows first. */
export function pixelMeasures(header: SegmentationHeader): DicomElement {
  const [columnSpacing, rowSpacing] = spacingOf(header.ijkToLps);
  const thickness = distance(header);
  const even = header.slicePositions === undefined && header.size[2] > 1;
  return [
    0x00289110,
    "SQ",
    [
      [
        [0x00180050, "DS", [thickness]],
        ...(even ? ([[0x00180088, "DS", [thickness]]] as const) : []),
        [0x00280030, "DS", [rowSpacing, columnSpacing]],
      ],
    ],
  ];
}

export function planeOrientation({ ijkToLps }: SegmentationHeader): DicomElement {
  const [width, height] = spacingOf(ijkToLps);
  const along = axisOf(ijkToLps, 0).map((value) => value / width);
  const down = axisOf(ijkToLps, 1).map((value) => value / height);
  return [0x00209116, "SQ", [[[0x00200037, "DS", [...along, ...down]]]]];
}

export function planePosition(header: SegmentationHeader, k: number): DicomElement {
  const matrix = atSlice(header, sliceGrid(header, "native"), k);
  return [0x00209113, "SQ", [[[0x00200032, "DS", [matrix[3] ?? 0, matrix[7] ?? 0, matrix[11] ?? 0]]]]];
}
