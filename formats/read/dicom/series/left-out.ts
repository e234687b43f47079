/** Sentences on what a set of files holds beside the image that is read. They quote no text of a file. */

import type { SegmenterError } from "../../../../core/errors.ts";
import { counted } from "../../../bytes/counted.ts";
import type { DicomCatalogue, DicomImage } from "./catalogue.ts";

/** More broken files than these are only counted. */
const NAMED_FILES = 5;
const NAMED_IMAGES = 8;

/** What is left out when `chosen` is read. */
export function leftOut(
  { images, broken, withoutPixels }: Pick<DicomCatalogue, "images" | "broken" | "withoutPixels">,
  chosen?: DicomImage,
): string[] {
  return [
    ...brokenNotes(broken),
    ...withoutPixelsNote(withoutPixels.length),
    ...(chosen ? imageNotes(images, chosen) : []),
  ];
}

function brokenNotes(broken: DicomCatalogue["broken"]): string[] {
  const byFile = new Map(broken.map(({ index, error }) => [index, error]));
  const named = [...byFile]
    .slice(0, NAMED_FILES)
    .map(([index, error]) => `File ${index + 1} of those given cannot be read and is left out: ${reasonOf(error)}`);
  const more = byFile.size - named.length;
  const others = [
    "further file cannot be read and is left out.",
    "further files cannot be read and are left out.",
  ] as const;
  return [...named, ...counted(more, ...others)];
}

/** The public part of an error as a sentence. */
export function reasonOf({ code, detail }: SegmenterError): string {
  if (code === "MalformedFile" && "field" in detail) return `${detail.format} ${detail.field}: ${detail.reason}`;
  if (code === "TooLarge" && "limit" in detail) return `${detail.what}: ${detail.value} of at most ${detail.limit}.`;
  return "found" in detail ? `It is ${detail.found}.` : `${code}.`;
}

const withoutPixelsNote = (count: number): string[] =>
  counted(count, "DICOM object without pixels is left out.", "DICOM objects without pixels are left out.");

function imageNotes(images: readonly DicomImage[], chosen: DicomImage): string[] {
  const inSeries = (image: DicomImage) => image.seriesUid === chosen.seriesUid && image.studyUid === chosen.studyUid;
  const siblings = images.filter((image) => image !== chosen && inSeries(image));
  const others = images.filter((image) => !inSeries(image));
  const series = new Set(images.map(({ studyUid, seriesUid }) => `${studyUid} ${seriesUid}`)).size;
  const what = `${chosen.object.modality}, ${count(chosen.stack.frames.length)}${chosen.note ? `, ${chosen.note}` : ""}`;
  return [
    ...(series > 1 ? [`The files hold ${series} series: one is read (${what}); left out: ${listed(others)}.`] : []),
    ...(siblings.length > 0
      ? [`The series holds ${siblings.length + 1} images: one is read (${what}); left out: ${listed(siblings)}.`]
      : []),
  ];
}

const count = (frames: number) => (frames === 1 ? "1 slice" : `${frames} slices`);

function listed(images: readonly DicomImage[]): string {
  const named = images.slice(0, NAMED_IMAGES).map(({ object, stack, note }) => {
    const kind = object.kind === "image" ? object.modality : `${object.modality} ${object.kind}`;
    return `${kind} of ${count(stack.frames.length)}${note ? ` (${note})` : ""}`;
  });
  const more = images.length - named.length;
  return named.join("; ") + (more > 0 ? `; ${more} more` : "");
}
