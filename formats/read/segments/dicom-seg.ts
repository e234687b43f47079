/** DICOM Segmentation: BINARY, FRACTIONAL and LABELMAP (PS3.3 A.51, C.8.20; PS3.3 A.105 for LABELMAP). */
import type { Code } from "../../../core/annotation/entries.ts";
import type { Vec3 } from "../../../core/image/volume.ts";
import { malformed, tooLarge, unsupported } from "../../bytes/fail.ts";
import { check, type Limits } from "../../bytes/limits.ts";
import { decodersFrom, type WasmSource } from "../../codecs/wasm.ts";
import { decodeText } from "../../dicom/character-set.ts";
import { colourOfLab } from "../../dicom/lab.ts";
import { frameReader } from "../dicom/decode.ts";
import type { DicomFile } from "../dicom/file.ts";
import { readImageHeader } from "../dicom/header.ts";
import type { DataSet } from "../dicom/tokens.ts";
import { decimalOf, decimalsOf, itemsOf, latin1Of, shortOf, shortsOf, textOf, uidOf } from "../dicom/values.ts";
import { wholeNumbers } from "./labelmap.ts";
import { frameKey, type LabelFile, type LabelLayer, type LabelPlane, type NamedSegment } from "./layer.ts";

/** As many as an object may have and a list can show. */
const MOST_SEGMENTS = 4096;

const HALF = "Fractions of one half and more count as inside.";

/** The segments of a SEG object with their frames. Throws MalformedFile, UnsupportedFormat or TooLarge. */
export async function segFile(file: DicomFile, limits: Limits, wasm?: WasmSource): Promise<LabelFile> {
  const { dataSet } = file;
  const header = readImageHeader(dataSet, limits);
  const { columns, rows, frames } = header;
  const type = textOf(dataSet, 0x00620001) ?? "";
  if (!["BINARY", "FRACTIONAL", "LABELMAP"].includes(type))
    throw malformed("DICOM", "(0062,0001)", "It is no known type.");
  check("DICOM: decoded bytes", columns * rows * frames, limits.expandedBytes);
  const read = frameReader(file, header, decodersFrom(wasm));
  const half = type === "FRACTIONAL" ? (shortOf(dataSet, 0x0062000e) ?? 255) / 2 : 0;
  const places = placesOf(dataSet, frames);
  const stacks = new Map<string, { place: Place; planes: LabelPlane[] }>();
  for (const [n, place] of places.entries()) {
    const values = wholeNumbers(await read(n), "DICOM");
    const labels = type === "LABELMAP" ? values : Uint8Array.from(values, (value) => +(value > 0 && value >= half));
    const key = JSON.stringify([type === "LABELMAP" ? 0 : place.segment, place.orientation, place.spacing]);
    const stack = stacks.get(key) ?? { place, planes: [] };
    const { position, source } = place;
    stack.planes.push({ labels, ...(position && { position }), ...(source && { frames: [source] }) });
    stacks.set(key, stack);
  }
  const all = [...stacks.values()];
  const layers = all.map(({ place, planes }) => layerOf(place, planes, { columns, rows }));
  const numbers = all.map(({ place }) => place.segment);
  const segments = segmentsOf(dataSet, (number) =>
    type === "LABELMAP" ? { layer: 0, number } : { layer: largest(numbers, layers, number), number: 1 },
  );
  const placed = layers.some(({ planes }) => planes.some(({ position }) => position));
  const frameOfReferenceUid = uidOf(dataSet, 0x00200052);
  return {
    unit: placed ? "mm" : "px",
    ...(frameOfReferenceUid && { frameOfReferenceUid }),
    ...{ layers, segments },
    warnings: [...(type === "FRACTIONAL" ? [HALF] : []), ...severalGrids(segments, all.length, type)],
  };
}

function severalGrids(segments: readonly NamedSegment[], stacks: number, type: string): string[] {
  const most = type === "LABELMAP" ? 1 : segments.length;
  return stacks > most ? ["A segment is there in several resolutions: the one with most frames is read."] : [];
}

/** Of several stacks of one segment the one with the most planes. */
function largest(numbers: readonly (number | undefined)[], layers: readonly LabelLayer[], number: number): number {
  let best = -1;
  for (const [n, own] of numbers.entries())
    if (own === number && (layers[n]?.planes.length ?? 0) > (layers[best]?.planes.length ?? 0)) best = n;
  return best;
}

/** Where a frame lies and whose it is. */
interface Place {
  readonly segment: number | undefined;
  readonly position: Vec3 | undefined;
  readonly orientation: readonly number[] | undefined;
  /** Distance of rows, of columns, and of planes. */
  readonly spacing: readonly [number, number, number | undefined] | undefined;
  /** `frameKey` of the frame that it was drawn on. */
  readonly source: string | undefined;
}

function placesOf(dataSet: DataSet, frames: number): Place[] {
  const [shared] = itemsOf(dataSet, 0x52009229);
  const each = itemsOf(dataSet, 0x52009230);
  if (each.length !== frames)
    throw malformed("DICOM", "(5200,9230)", `It has ${each.length} items for ${frames} frames.`);
  return each.map((own) => placeOf((tag) => [...itemsOf(own, tag), ...(shared ? itemsOf(shared, tag) : [])][0]));
}

function placeOf(group: (tag: number) => DataSet | undefined): Place {
  const [identification, plane, turn, measures, derivation] = [
    0x0062000a, 0x00209113, 0x00209116, 0x00289110, 0x00089124,
  ].map(group);
  const position = plane && decimalsOf(plane, 0x00200032);
  const orientation = turn && decimalsOf(turn, 0x00200037);
  const pitch = measures && decimalsOf(measures, 0x00280030);
  const between = measures && (decimalOf(measures, 0x00180088) ?? decimalOf(measures, 0x00180050));
  return {
    segment: identification && shortOf(identification, 0x0062000b),
    position: position?.length === 3 ? (position as unknown as Vec3) : undefined, // three numbers
    orientation: orientation?.length === 6 ? orientation : undefined,
    spacing: pitch?.[0] && pitch[1] ? [pitch[0], pitch[1], between && between > 0 ? between : undefined] : undefined,
    source: derivation && sourceOf(derivation),
  };
}

/** The one frame that a frame was drawn on; undefined where it names none or several. */
function sourceOf(derivation: DataSet): string | undefined {
  const images = itemsOf(derivation, 0x00082112);
  const [image] = images;
  const uid = image && images.length === 1 ? uidOf(image, 0x00081155) : undefined;
  return uid && image ? frameKey(uid, decimalOf(image, 0x00081160) ?? 1) : undefined;
}

function layerOf(
  { orientation, spacing }: Place,
  planes: readonly LabelPlane[],
  size: { columns: number; rows: number },
): LabelLayer {
  const [xx = 1, xy = 0, xz = 0, yx = 0, yy = 1, yz = 0] = orientation ?? [];
  const [rowSpacing, columnSpacing, thickness] = spacing ?? [1, 1, undefined];
  return {
    ...size,
    stepX: [xx * columnSpacing, xy * columnSpacing, xz * columnSpacing],
    stepY: [yx * rowSpacing, yy * rowSpacing, yz * rowSpacing],
    ...(thickness && { thickness }),
    // A place needs a direction: without one only the source tells where a frame lies.
    planes: orientation && spacing ? planes : planes.map(({ position: _unusable, ...plane }) => plane),
  };
}

function segmentsOf(dataSet: DataSet, where: (number: number) => { layer: number; number: number }): NamedSegment[] {
  const items = itemsOf(dataSet, 0x00620002);
  if (items.length > MOST_SEGMENTS) throw tooLarge("segments", items.length, MOST_SEGMENTS);
  if (items.length === 0) throw unsupported("a DICOM SEG without segments");
  const set = textOf(dataSet, 0x00080005);
  return items.flatMap((item, n): NamedSegment[] => {
    const number = shortOf(item, 0x00620004) ?? n + 1;
    // Background of a LABELMAP is listed as a segment of its own.
    if (number === 0) return [];
    const label = latin1Of(item, 0x00620005);
    const code = codeOf(itemsOf(item, 0x0062000f)[0], set);
    const lab = shortsOf(item, 0x0062000d);
    return [
      {
        name: label ? decodeText(label, set) : (code?.meaning ?? `Segment ${number}`),
        ...where(number),
        ...(code && { code }),
        ...(lab?.length === 3 && { colour: colourOfLab(lab as unknown as [number, number, number]) }), // three numbers
      },
    ];
  });
}

/** Names under a private scheme of ours are no codes. */
function codeOf(item: DataSet | undefined, set: string | undefined): Code | undefined {
  const value = item && (textOf(item, 0x00080100) ?? textOf(item, 0x00080119));
  const scheme = item && textOf(item, 0x00080102);
  const meaning = item && latin1Of(item, 0x00080104);
  if (!value || !scheme || !meaning || scheme === "99PROMPTOMY") return undefined;
  return { scheme: scheme.slice(0, 16), value: value.slice(0, 64), meaning: decodeText(meaning, set).slice(0, 64) };
}
