/** The images among a set of files, the one to open first in front. Nothing is decoded here. */

import type { SegmenterError } from "../../core/errors.ts";
import type { Vec3, Volume } from "../../core/image/volume.ts";
import { counted } from "../bytes/counted.ts";
import { unsupported } from "../bytes/fail.ts";
import type { Limits } from "../bytes/limits.ts";
import type { DecodePool, WasmSource } from "../codecs/wasm.ts";
import { type Format, formatOf } from "./detect.ts";
import { catalogueDicom, type DicomCatalogue, type DicomImage } from "./dicom/series/catalogue.ts";
import { leftOut, reasonOf } from "./dicom/series/left-out.ts";
import { readDicomImage } from "./dicom/series/series.ts";
import type { ImageEntry } from "./list.ts";
import { type Detached, pairFiles } from "./pairs.ts";
import { readJpeg } from "./picture/jpeg.ts";
import { readPng } from "./picture/png.ts";
import { readTiff } from "./picture/tiff.ts";
import { readWebp } from "./picture/webp.ts";
import { readMetaImage } from "./raster/metaimage.ts";
import { readNifti } from "./raster/nifti.ts";
import { readNrrd } from "./raster/nrrd.ts";
import { volumesOf } from "./raster/volumes.ts";

export interface ImageFile {
  /** Only to find the data file of a header that names one. */
  readonly name?: string;
  readonly bytes: Uint8Array;
}

export interface Candidate {
  readonly studyUid?: string | undefined;
  readonly seriesUid?: string | undefined;
  /** Outside DICOM: place of the file among those given. */
  readonly file?: number;
  /** One that is only read when it is asked for: a later volume of its file. */
  readonly onRequest?: boolean;
  readonly entry: Omit<ImageEntry, "index">;
  read(): Promise<Volume>;
}

export interface Found {
  readonly candidates: readonly Candidate[];
  readonly left: readonly { readonly file: number; readonly reason: string; readonly error?: SegmenterError }[];
  /** Sentences on what is left out when this one is read. */
  notes(chosen: Candidate): readonly string[];
}

interface Options {
  readonly limits: Limits;
  readonly wasm: WasmSource | undefined;
  readonly codecs: DecodePool | undefined;
}

/** Finds the images; DICOM goes before other formats, volumes before pictures, otherwise the order given counts. */
export function findCandidates(files: readonly ImageFile[], options: Options): Found {
  const typed = files.map(({ bytes, name }, index) => ({ bytes, name, index, format: formatOf(bytes) }));
  const dicom = catalogueDicom(
    typed.filter(({ format }) => format === "DICOM"),
    options.limits,
  );
  const { images, unused } = pairFiles(typed.filter(({ format }) => format !== "DICOM"));
  const others = otherCandidates(images, options);
  const otherFiles = images.length + unused.length;
  const dicomCandidates = dicom.images.map((image) => dicomCandidate(image, options));
  const left = [
    ...leftDicom(dicom),
    ...unused.map((file) => ({ file, reason: "It is of no format that is read here." })),
  ];
  return {
    candidates: [...dicomCandidates, ...others],
    left: left.toSorted((a, b) => a.file - b.file),
    notes(chosen) {
      const image = dicom.images[dicomCandidates.indexOf(chosen)];
      return image
        ? [...leftOut(dicom, image), ...countNote(otherFiles)]
        : [...listNote(images.length, chosen, files.length), ...countNote(unused.length)];
    },
  };
}

const countNote = (count: number): string[] => counted(count, "other file is left out.", "other files are left out.");

function listNote(count: number, { file = 0 }: Candidate, files: number): string[] {
  if (count < 2) return [];
  const others = count === 2 ? "the other is" : `${count - 1} are`;
  return [`The files hold ${count} images: file ${file + 1} of ${files} is read, ${others} left out.`];
}

function leftDicom({ broken, withoutPixels, directories }: DicomCatalogue): Found["left"] {
  const directory = unsupported("a DICOMDIR without the files that it lists", "the folder or archive with its files");
  const empty = unsupported("a DICOM object without pixels");
  return [
    ...broken.map(({ index, error }) => ({ file: index, reason: reasonOf(error), error })),
    ...directories.map((file) => ({ file, reason: "It is the directory of the others.", error: directory })),
    ...withoutPixels.map((file) => ({ file, reason: "It is a DICOM object without pixels.", error: empty })),
  ];
}

function dicomCandidate(image: DicomImage, options: Options): Candidate {
  const { object, header, stack, note, studyUid, seriesUid } = image;
  const size: Vec3 = [header.columns, header.rows, stack.frames.length];
  const entry = { format: "DICOM", modality: object.modality, kind: object.kind, size, ...(note && { note }) };
  return { studyUid, seriesUid, entry, read: () => readDicomImage(image, options) };
}

const RANK: Readonly<Record<Exclude<Format, "DICOM">, number>> = {
  NIfTI: 0,
  NRRD: 0,
  MetaImage: 0,
  TIFF: 1,
  PNG: 1,
  JPEG: 1,
  WebP: 1,
};

/** Volumes before pictures, and every volume of a file; headers may declare more of those than are listed. */
function otherCandidates(images: readonly Detached[], options: Options): Candidate[] {
  let listed = images.length;
  return images
    .toSorted((a, b) => RANK[a.format] - RANK[b.format])
    .flatMap((image) => {
      const { size, count } = volumesOf(image.format, image.bytes);
      const length = Math.min(count, 1 + Math.max(0, options.limits.frames - listed));
      listed += length - 1;
      return Array.from({ length }, (_, volume) => otherCandidate(image, { size, count, volume }, options));
    });
}

function otherCandidate(
  { format, index, bytes, data }: Detached,
  { size, count, volume }: { size: Vec3 | undefined; count: number; volume: number },
  options: Options,
): Candidate {
  const note = count > 1 && { note: `volume ${volume + 1} of ${count}` };
  return {
    file: index,
    onRequest: volume > 0,
    entry: { format, modality: "OT", kind: "image", ...(size && { size }), ...note },
    read: async () => readOther(format, { bytes, data, volume }, options),
  };
}

function readOther(
  format: Exclude<Format, "DICOM">,
  { bytes, data, volume }: { bytes: Uint8Array; data: Uint8Array | undefined; volume: number },
  { limits, wasm }: Options,
): Volume | Promise<Volume> {
  switch (format) {
    case "NIfTI":
      return readNifti(bytes, limits, { data, volume });
    case "NRRD":
      return readNrrd(bytes, limits, { data, volume });
    case "MetaImage":
      return readMetaImage(bytes, limits, { data, volume });
    case "PNG":
      return readPng(bytes, limits);
    case "JPEG":
      return readJpeg(bytes, limits, wasm);
    case "WebP":
      return readWebp(bytes, limits, wasm);
    case "TIFF":
      return readTiff(bytes, limits, wasm);
    default:
      return format satisfies never;
  }
}
