/** Where the frames of one file lie: as they say themselves, or as a classic multi-frame object says for all of them. */
import type { Vec3 } from "../../../../core/image/volume.ts";
import { type DataSet, tagName } from "../tokens.ts";
import { itemsOf, lenientDecimalsOf, shortAt } from "../values.ts";
import { frameAttributes, type Orientation, projectionSpacing } from "./attributes.ts";
import type { Frame, Source } from "./frame.ts";
import { normalOf } from "./stack.ts";

const PER_FRAME = 0x52009230;
const GRID_OFFSETS = 0x3004000c;
const SLICE_LOCATIONS = 0x00182005;
const DETECTOR = 0x00540022;
/** Frame Time, Frame Time Vector, Cine Rate, Recommended Display Frame Rate: frames that follow each other in time. */
const TIMES = [0x00181063, 0x00181065, 0x00180040, 0x00082144];
/** Frames of these are cuts through a body unless the file says that they are times. */
const SECTIONAL = new Set(["CT", "MR", "PT"]);

/** Frames of a file with all that is known of their place. Throws MalformedFile. */
export function placeFrames(source: Source): { frames: Frame[]; warnings: string[] } {
  const { dataSet } = source.file;
  const frames = Array.from({ length: source.header.frames }, (_, frame) => ({
    ...frameAttributes(dataSet, frame),
    source,
    frame,
  }));
  const problems = new Set(frames.flatMap((frame) => frame.problems));
  const pitched = frames.map((frame) => withProjectionPitch(frame, problems));
  const spread =
    source.header.frames > 1 && !dataSet.elements.has(PER_FRAME) ? spreadFrames(pitched, problems) : pitched;
  return { frames: spread, warnings: [...problems] };
}

function withProjectionPitch(frame: Frame, warnings: Set<string>): Frame {
  if (frame.pixelSpacing) return frame;
  const projection = projectionSpacing(frame.source.file.dataSet, frame.frame);
  if (!projection) return frame;
  warnings.add(projection.warning);
  return { ...frame, pixelSpacing: projection.spacing };
}

/** Classic multi-frame objects give one position and how far apart the frames are, or nothing. */
function spreadFrames(frames: readonly Frame[], warnings: Set<string>): Frame[] {
  const [first] = frames;
  if (!first) return [];
  const { dataSet } = first.source.file;
  const origin = originOf(first, dataSet);
  const along = first.pixelSpacing && offsetsOf(first, frames.length, warnings);
  if (!along) return frames.map(({ position: _, ...rest }) => ({ ...rest, ...origin }));
  const place = origin ?? assumedOrigin(warnings);
  const [x, y, z] = normalOf(place.orientation);
  const [px, py, pz] = place.position;
  return frames.map((frame, k) => {
    const distance = along[k] ?? 0;
    const position: Vec3 = [px + distance * x, py + distance * y, pz + distance * z];
    return { ...frame, orientation: place.orientation, position };
  });
}

interface Origin {
  readonly position: Vec3;
  readonly orientation: Orientation;
}

/** Of the data set, or of the first detector of a nuclear medicine image (PS3.3 C.8.4.11). */
function originOf({ position, orientation }: Frame, dataSet: DataSet): Origin | undefined {
  if (position && orientation) return { position, orientation };
  const [detector] = itemsOf(dataSet, DETECTOR);
  if (!detector) return undefined;
  const found = frameAttributes(detector, 0);
  return found.position && found.orientation ? { position: found.position, orientation: found.orientation } : undefined;
}

function assumedOrigin(warnings: Set<string>): Origin {
  warnings.add("The file has no orientation: its axes are taken as left, posterior, superior.");
  return { position: [0, 0, 0], orientation: [1, 0, 0, 0, 1, 0] };
}

/** How far each frame lies from the first along the normal; undefined when they are no stack in space. */
function offsetsOf(first: Frame, count: number, warnings: Set<string>): number[] | undefined {
  const { dataSet } = first.source.file;
  for (const tag of [GRID_OFFSETS, SLICE_LOCATIONS]) {
    const list = lenientDecimalsOf(dataSet, tag);
    if (list?.length === count) return list.map((value) => value - (list[0] ?? 0));
    if (list) warnings.add(`${tagName(tag)} does not have a number for each frame: it is passed over.`);
  }
  const slices = Array.from({ length: count }, (_, k) => sliceNumber(dataSet, k));
  const distance = lenientDecimalsOf(dataSet, 0x00180088)?.[0];
  const step =
    distance ||
    assumedStep(
      first,
      slices.every((n) => n !== undefined),
      warnings,
    );
  if (!step) return undefined;
  return slices.map((slice, k) => ((slice ?? k + 1) - (slices[0] ?? 1)) * step);
}

/** Number of the slice that a nuclear medicine frame shows. */
const sliceNumber = (dataSet: DataSet, frame: number): number | undefined => shortAt(dataSet, 0x00540080, frame);

/** Slices of a cut body that does not say how far apart they are touch each other. */
function assumedStep(first: Frame, numbered: boolean, warnings: Set<string>): number | undefined {
  const { dataSet } = first.source.file;
  const sectional = numbered || SECTIONAL.has(first.source.object.modality);
  if (!sectional || inTime(dataSet) || !first.pixelSpacing || !first.thickness) return undefined;
  warnings.add("The frames do not say how far apart they are: the slice thickness is taken.");
  return first.thickness;
}

function inTime(dataSet: DataSet): boolean {
  const pointer = dataSet.elements.get(0x00280009);
  const tags = pointer ? pointersOf(dataSet) : TIMES.filter((tag) => dataSet.elements.has(tag));
  return tags.some((tag) => TIMES.includes(tag));
}

/** Frame Increment Pointer: pairs of group and element. */
function pointersOf(dataSet: DataSet): number[] {
  const element = dataSet.elements.get(0x00280009);
  if (!element || element.length % 4 !== 0 || element.length > 64) return [];
  return Array.from({ length: element.length / 4 }, (_, i) => {
    const at = element.start + 4 * i;
    const { view, littleEndian } = dataSet;
    return view.getUint16(at, littleEndian) * 0x10000 + view.getUint16(at + 2, littleEndian);
  });
}
