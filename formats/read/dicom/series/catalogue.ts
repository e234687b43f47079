/** What a set of DICOM files holds: its images, the best first, and the files that hold none. Reads no pixels. */
import { isSegmenterError, type SegmenterError } from "../../../../core/errors.ts";
import { asReadError } from "../../../bytes/fail.ts";
import type { Limits } from "../../../bytes/limits.ts";
import { openDicom } from "../file.ts";
import { hasPixels, type ImageHeader, readImageHeader } from "../header.ts";
import { lenientDecimalsOf, textOf, uidOf } from "../values.ts";
import type { Frame, Source } from "./frame.ts";
import { groupFrames } from "./groups.ts";
import { type DicomObject, objectOf } from "./kind.ts";
import { placeFrames } from "./place.ts";
import { type Stack, stackFrames } from "./stack.ts";

export interface DicomImage {
  readonly object: DicomObject;
  readonly studyUid: string | undefined;
  readonly seriesUid: string | undefined;
  readonly header: ImageHeader;
  readonly stack: Stack<Frame>;
  /** What sets it apart from the other images of its series. */
  readonly note: string | undefined;
  /** What had to be assumed of its files. */
  readonly warnings: readonly string[];
}

export interface DicomCatalogue {
  /** The one to open first comes first. */
  readonly images: readonly DicomImage[];
  /** Files that cannot be read, by their place among those given. */
  readonly broken: readonly { readonly index: number; readonly error: SegmenterError }[];
  /** Files of plans, reports …. */
  readonly withoutPixels: readonly number[];
  /** DICOMDIR files. */
  readonly directories: readonly number[];
}

interface Part {
  readonly source: Source;
  readonly frames: readonly Frame[];
  readonly warnings: readonly string[];
}

const DIRECTORY_RECORDS = 0x00041220;

/** Opens all files and sorts their frames into images. Throws nothing that concerns one file alone. */
export function catalogueDicom(files: readonly { bytes: Uint8Array; index: number }[], limits: Limits): DicomCatalogue {
  const groups = new Map<string, Part[]>();
  const broken: { index: number; error: SegmenterError }[] = [];
  const withoutPixels: number[] = [];
  const directories: number[] = [];
  for (const { bytes, index } of files) {
    try {
      const file = openDicom(bytes, limits);
      if (!hasPixels(file.dataSet)) {
        (file.dataSet.elements.has(DIRECTORY_RECORDS) ? directories : withoutPixels).push(index);
        continue;
      }
      const source = sourceOf({ file, index }, limits);
      const part = { source, ...placeFrames(source) };
      const key = keyOf(source);
      const group = groups.get(key);
      if (group) group.push(part);
      else groups.set(key, [part]);
    } catch (thrown) {
      broken.push({ index, error: isSegmenterError(thrown) ? thrown : asReadError(thrown, "DICOM", "file") });
    }
  }
  const images = [...groups.values()].flatMap(imagesOf).sort(better);
  return { images, broken, withoutPixels, directories };
}

function sourceOf({ file, index }: Pick<Source, "file" | "index">, limits: Limits): Source {
  const { dataSet } = file;
  const instance = lenientDecimalsOf(dataSet, 0x00200013)?.[0] ?? 0;
  return { file, index, instance, header: readImageHeader(dataSet, limits), object: objectOf(dataSet) };
}

/** What must agree within one volume. */
function keyOf({ file, header, object }: Source): string {
  const { columns, rows, samples, sample, photometric } = header;
  const uids = [textOf(file.dataSet, 0x0020000d), textOf(file.dataSet, 0x0020000e)];
  return [...uids, object.kind, object.modality, columns, rows, samples, sample, photometric].join(" ");
}

function imagesOf(parts: readonly Part[]): DicomImage[] {
  const sorted = parts.toSorted((a, b) => a.source.instance - b.source.instance);
  const warnings = new Map(sorted.map(({ source, warnings }) => [source, warnings]));
  return groupFrames(sorted.flatMap(({ frames }) => frames)).flatMap(({ frames, note }) => {
    const source = frames[0]?.source;
    if (!source) return [];
    const { dataSet } = source.file;
    return [
      {
        object: source.object,
        studyUid: uidOf(dataSet, 0x0020000d),
        seriesUid: uidOf(dataSet, 0x0020000e),
        header: source.header,
        stack: stackFrames(frames),
        note,
        warnings: [...new Set(frames.flatMap((frame) => warnings.get(frame.source) ?? []))],
      },
    ];
  });
}

/** By what the object is, then stacks in space before frames in time, then by the number of frames. */
const better = (a: DicomImage, b: DicomImage): number =>
  a.object.rank - b.object.rank ||
  Number(isStack(b)) - Number(isStack(a)) ||
  b.stack.frames.length - a.stack.frames.length;

/** Slices at different places. */
function isStack({ stack: { unit, frames, slicePositions } }: DicomImage): boolean {
  if (unit !== "mm" || frames.length < 2) return false;
  const [first, second] = slicePositions ?? [];
  return !first || !second || first.some((value, axis) => value !== second[axis]);
}
