/** Place and rescale of one frame: from its functional groups (PS3.3 C.7.6.16) or the data set itself. */
import type { Vec3 } from "../../../../core/image/volume.ts";
import { malformed } from "../../../bytes/fail.ts";
import { type DataSet, tagName } from "../tokens.ts";
import { decimalOf, decimalsOf, doubleOf, itemsOf, lenientDecimalsOf, shortOf } from "../values.ts";

export type Orientation = readonly [number, number, number, number, number, number];

export interface FrameAttributes {
  readonly position?: Vec3;
  readonly orientation?: Orientation;
  /** Row spacing, column spacing in mm. */
  readonly pixelSpacing?: readonly [number, number];
  /** Distance of slice centres, or else the slice thickness, for a lone slice. */
  readonly thickness?: number;
  readonly slope: number;
  readonly intercept: number;
  /** What had to be passed over, in sentences. */
  readonly problems: readonly string[];
}

const PIXEL_SPACING = 0x00280030;
const POSITION = 0x00200032;
const ORIENTATION = 0x00200037;
const SLOPE = 0x00281053;
const INTERCEPT = 0x00281052;

const MODALITY_LUT = 0x00283000;
const DOSE_SCALING = 0x3004000e;

/** The data sets in which an attribute of a frame may stand: its own group, the shared group, the object. */
export function groupsOf(dataSet: DataSet, frame: number, sequence: number): DataSet[] {
  const perFrame = itemsOf(dataSet, 0x52009230)[frame];
  const shared = itemsOf(dataSet, 0x52009229)[0];
  return [perFrame && itemsOf(perFrame, sequence)[0], shared && itemsOf(shared, sequence)[0], dataSet].filter(
    (group) => group !== undefined,
  );
}

function firstOf<T>(groups: readonly DataSet[], read: (group: DataSet) => T | undefined): T | undefined {
  for (const group of groups) {
    const value = read(group);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Throws MalformedFile naming the tag when a number that places or scales the pixels is no number. */
export function frameAttributes(dataSet: DataSet, frame: number): FrameAttributes {
  const problems: string[] = [];
  const measures = groupsOf(dataSet, frame, 0x00289110);
  const position = firstOf(groupsOf(dataSet, frame, 0x00209113), (group) => tuple(group, POSITION, 3));
  const orientation = firstOf(groupsOf(dataSet, frame, 0x00209116), (group) => tuple(group, ORIENTATION, 6));
  const pixelSpacing = firstOf(measures, (group) => spacingAt(group, PIXEL_SPACING, problems));
  const thickness = firstOf(measures, (group) => positive(group, 0x00180088) ?? positive(group, 0x00180050));
  const unit = orientation && unitOrientation(orientation);
  if (orientation && !unit) problems.push("ImageOrientationPatient is no pair of directions: it is passed over.");
  return {
    ...(position && { position: [position[0] ?? 0, position[1] ?? 0, position[2] ?? 0] }),
    ...(unit && { orientation: unit }),
    ...(pixelSpacing && { pixelSpacing }),
    ...(thickness && { thickness }),
    ...rescaleOf(dataSet, frame, problems),
    problems,
  };
}

/** A modality LUT stands in place of slope and intercept (PS3.3 C.11.1.1); a dose has its own scale (C.8.8.3.2). */
function rescaleOf(dataSet: DataSet, frame: number, problems: string[]): { slope: number; intercept: number } {
  if (itemsOf(dataSet, MODALITY_LUT).length > 0) return { slope: 1, intercept: 0 };
  const groups = groupsOf(dataSet, frame, 0x00289145);
  const dose = positive(dataSet, DOSE_SCALING);
  const slope = firstOf(groups, (group) => decimalOf(group, SLOPE)) ?? dose ?? 1;
  const intercept = firstOf(groups, (group) => decimalOf(group, INTERCEPT)) ?? 0;
  if (slope !== 0) return { slope, intercept };
  problems.push("RescaleSlope is 0: the stored values are shown as they are.");
  return { slope: 1, intercept: 0 };
}

function tuple(dataSet: DataSet, tag: number, length: number): number[] | undefined {
  const values = decimalsOf(dataSet, tag);
  if (values && values.length !== length) throw malformed("DICOM", tagName(tag), `It must have ${length} numbers.`);
  return values;
}

function positive(dataSet: DataSet, tag: number): number | undefined {
  const value = lenientDecimalsOf(dataSet, tag)?.[0];
  return value !== undefined && value > 0 ? value : undefined;
}

function spacingAt(dataSet: DataSet, tag: number, problems: string[]): readonly [number, number] | undefined {
  if ((dataSet.elements.get(tag)?.length ?? 0) === 0) return undefined;
  const values = lenientDecimalsOf(dataSet, tag) ?? [];
  const [row = 0, column = 0] = values;
  if (values.length === 2 && row > 0 && column > 0) return [row, column];
  problems.push(`${tagName(tag)} is no pair of positive numbers: the image has no pixel spacing.`);
  return undefined;
}

/** Row and column direction as unit vectors; undefined when they are no two perpendicular directions. */
function unitOrientation(values: readonly number[]): Orientation | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = values;
  const row = Math.hypot(a, b, c);
  const column = Math.hypot(d, e, f);
  if (Math.abs(row - 1) > 0.1 || Math.abs(column - 1) > 0.1) return undefined;
  if (Math.abs(a * d + b * e + c * f) > 0.01 * row * column) return undefined;
  return [a / row, b / row, c / row, d / column, e / column, f / column];
}

/** Spacing of a projection image: what PixelSpacing leaves out, with what it means. */
export function projectionSpacing(
  dataSet: DataSet,
  frame: number,
): { spacing: readonly [number, number]; warning: string } | undefined {
  const ignored: string[] = [];
  const detector = firstOf(groupsOf(dataSet, frame, 0x00289443), (group) => spacingAt(group, 0x00181164, ignored));
  if (detector)
    return { spacing: detector, warning: "Spacing is measured at the detector: lengths in the patient are smaller." };
  const scanned = spacingAt(dataSet, 0x00182010, ignored);
  if (scanned) return { spacing: scanned, warning: "Spacing is that of the scanned film." };
  const region = ultrasoundSpacing(dataSet);
  return region && { spacing: region, warning: "Spacing is that of the ultrasound region calibration." };
}

/** Pixel pitch of calibrated 2-D ultrasound regions when they all agree (PS3.3 C.8.5.5). */
function ultrasoundSpacing(dataSet: DataSet): readonly [number, number] | undefined {
  const CENTIMETRES = 3;
  const tissue = itemsOf(dataSet, 0x00186011).filter(
    (region) => shortOf(region, 0x00186012) === 1 && shortOf(region, 0x00186024) === CENTIMETRES,
  );
  const pitches = tissue.map((region) => [
    10 * Math.abs(doubleOf(region, 0x0018602e) ?? 0),
    10 * Math.abs(doubleOf(region, 0x0018602c) ?? 0),
  ]);
  const [row = 0, column = 0] = pitches[0] ?? [];
  const agree = pitches.every(([r = 0, c = 0]) => Math.abs(r - row) < 1e-6 && Math.abs(c - column) < 1e-6);
  return agree && row > 0 && column > 0 && Number.isFinite(row + column) ? [row, column] : undefined;
}
