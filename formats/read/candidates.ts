/** The images among a set of files, the one to open first in front. Nothing is decoded here. */
import type { SegmenterError } from "../../core/errors.ts";
import type { Vec3, Volume } from "../../core/image/volume.ts";
import { unsupported } from "../bytes/fail.ts";
import type { Limits } from "../bytes/limits.ts";
import type { WasmSource } from "../codecs/wasm.ts";
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

export interface ImageFile {
  /** Only to find the data file of a header that names one. */
  readonly name?: string;
  readonly bytes: Uint8Array;
}

export interface Candidate {
  readonly studyUid?: string | undefined;
  readonly seriesUid?: string | undefined;
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
}

/** Finds the images; DICOM goes before other formats, volumes before pictures, otherwise the order given counts. */
export function findCandidates(files: readonly ImageFile[], options: Options): Found {
  const typed = files.map(({ bytes, name }, index) => ({ bytes, name, index, format: formatOf(bytes) }));
  const dicom = catalogueDicom(
    typed.filter(({ format }) => format === "DICOM"),
    options.limits,
  );
  const { images, unused } = pairFiles(typed.filter(({ format }) => format !== "DICOM"));
  const others = images.map((image) => otherCandidate(image, options)).toSorted((a, b) => a.rank - b.rank);
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
        ? [...leftOut(dicom, image), ...countNote(others.length + unused.length, "other files are")]
        : [...listNote(others), ...countNote(unused.length, "other files are")];
    },
  };
}

const countNote = (count: number, what: string) => (count > 0 ? [`${count} ${what} left out.`] : []);

function listNote(others: readonly Candidate[]): string[] {
  return others.length > 1
    ? [`The files hold ${others.length} images: one is read, ${others.length - 1} are left out.`]
    : [];
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

function otherCandidate({ format, bytes, data }: Detached, options: Options): Candidate & { rank: number } {
  return {
    rank: RANK[format],
    entry: { format, modality: "OT", kind: "image" },
    read: async () => readOther(format, { bytes, data }, options),
  };
}

function readOther(
  format: Exclude<Format, "DICOM">,
  { bytes, data }: { bytes: Uint8Array; data: Uint8Array | undefined },
  { limits, wasm }: Options,
): Volume | Promise<Volume> {
  switch (format) {
    case "NIfTI":
      return readNifti(bytes, limits, data);
    case "NRRD":
      return readNrrd(bytes, limits, data);
    case "MetaImage":
      return readMetaImage(bytes, limits, data);
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
