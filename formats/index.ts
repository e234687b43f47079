/** Medical images from bytes, the same in Node and the browser. Every failure is a SegmenterError. */
import type { Volume } from "../core/image/volume.ts";
import { asReadError, unsupported } from "./bytes/fail.ts";
import { check, DEFAULT_LIMITS, type Limits } from "./bytes/limits.ts";
import type { WasmSource } from "./codecs/wasm.ts";
import { looksLikeDicom } from "./read/dicom/file.ts";
import { readDicomSeries } from "./read/dicom/series.ts";
import { readJpeg } from "./read/picture/jpeg.ts";
import { PNG_MAGIC, readPng } from "./read/picture/png.ts";
import { readTiff } from "./read/picture/tiff.ts";
import { readWebp } from "./read/picture/webp.ts";
import { readMetaImage } from "./read/raster/metaimage.ts";
import { headerBytes, isGzip, readNifti } from "./read/raster/nifti.ts";
import { niftiVersion } from "./read/raster/nifti-header.ts";
import { readNrrd } from "./read/raster/nrrd.ts";

export { DEFAULT_LIMITS, type Limits } from "./bytes/limits.ts";
export type { WasmFile, WasmSource } from "./codecs/wasm.ts";
export { readDicomSeries } from "./read/dicom/series.ts";
export { readJpeg } from "./read/picture/jpeg.ts";
export { readPng } from "./read/picture/png.ts";
export { readTiff } from "./read/picture/tiff.ts";
export { readWebp } from "./read/picture/webp.ts";
export { readMetaImage } from "./read/raster/metaimage.ts";
export { readNifti } from "./read/raster/nifti.ts";
export { readNrrd } from "./read/raster/nrrd.ts";
export { type NiftiLabels, writeNiftiLabelmap } from "./write/nifti.ts";
export { type PngImage, writeMaskPng, writePng } from "./write/png.ts";

export interface ImageFile {
  readonly name?: string;
  readonly bytes: Uint8Array;
}

export interface ReadOptions {
  readonly limits?: Limits;
  /** Where the codecs find their WebAssembly; needed in browsers only. */
  readonly wasm?: WasmSource;
}

type Format = "DICOM" | "NIfTI" | "NRRD" | "MetaImage" | "PNG" | "JPEG" | "WebP" | "TIFF";

/**
 * Reads one picture or volume, or the files of a DICOM series. The format is told by the bytes, never by the name.
 * Throws UnsupportedFormat, MalformedFile or TooLarge.
 * @example const volume = await readImage([{ bytes: new Uint8Array(await file.arrayBuffer()) }]);
 */
export async function readImage(files: readonly ImageFile[], options: ReadOptions = {}): Promise<Volume> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  check("uploaded bytes", total, limits.fileBytes);
  const known = files
    .map(({ bytes }) => ({ bytes, format: formatOf(bytes) }))
    .filter((file): file is { bytes: Uint8Array; format: Format } => file.format !== undefined);
  const [first] = known;
  if (!first) throw unsupported(files.length === 0 ? "no file" : "bytes of no format that is read here");
  const dicom = known.filter(({ format }) => format === "DICOM");
  if (dicom.length === 0 && known.length > 1)
    throw unsupported(`${known.length} files that are no DICOM series`, "one file, or the files of one DICOM series");
  try {
    const chosen = dicom.length > 0 ? dicom : [first];
    const format = dicom.length > 0 ? "DICOM" : first.format;
    const volume = await readAs(format, chosen, { limits, wasm: options.wasm });
    const left = files.length - chosen.length;
    return left > 0 ? { ...volume, warnings: [...volume.warnings, `${left} other files are left out.`] } : volume;
  } catch (thrown) {
    throw asReadError(thrown, first.format, "file");
  }
}

async function readAs(
  format: Format,
  files: readonly { bytes: Uint8Array }[],
  { limits, wasm }: { limits: Limits; wasm: WasmSource | undefined },
): Promise<Volume> {
  const bytes = files[0]?.bytes ?? new Uint8Array();
  switch (format) {
    case "DICOM":
      return readDicomSeries(
        files.map((file) => file.bytes),
        { limits, wasm },
      );
    case "NIfTI":
      return readNifti(bytes, limits);
    case "NRRD":
      return readNrrd(bytes, limits);
    case "MetaImage":
      return readMetaImage(bytes, limits);
    case "PNG":
      return readPng(bytes, limits);
    case "JPEG":
      return readJpeg(bytes, limits, wasm);
    case "WebP":
      return readWebp(bytes, limits, wasm);
    case "TIFF":
      return readTiff(bytes, limits);
    default:
      return format satisfies never;
  }
}

const MAGIC: readonly { format: Format; bytes: readonly number[]; at?: number }[] = [
  { format: "PNG", bytes: PNG_MAGIC },
  { format: "JPEG", bytes: [0xff, 0xd8, 0xff] },
  { format: "WebP", bytes: ascii("WEBP"), at: 8 },
  { format: "TIFF", bytes: [0x49, 0x49, 42, 0] },
  { format: "TIFF", bytes: [0x4d, 0x4d, 0, 42] },
  { format: "TIFF", bytes: [0x49, 0x49, 43, 0] },
  { format: "NRRD", bytes: ascii("NRRD000") },
  { format: "MetaImage", bytes: ascii("ObjectType") },
  { format: "MetaImage", bytes: ascii("NDims") },
];

/** The format by its magic bytes; undefined for anything else. */
function formatOf(bytes: Uint8Array): Format | undefined {
  const found = MAGIC.find(({ bytes: magic, at = 0 }) => magic.every((byte, i) => bytes[at + i] === byte));
  if (found) return found.format;
  if (isNifti(bytes)) return "NIfTI";
  return looksLikeDicom(bytes) ? "DICOM" : undefined;
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function isNifti(bytes: Uint8Array): boolean {
  if (!isGzip(bytes)) return niftiVersion(bytes) !== undefined;
  try {
    return niftiVersion(headerBytes(bytes)) !== undefined;
  } catch {
    return false;
  }
}
