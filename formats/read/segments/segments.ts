/** Files of segments → masks on an image. */
import type { ImportResult } from "../../../core/wire/import.ts";
import { asReadError, unsupported } from "../../bytes/fail.ts";
import { check, DEFAULT_LIMITS, type Limits } from "../../bytes/limits.ts";
import type { WasmSource } from "../../codecs/wasm.ts";
import { formatOf } from "../detect.ts";
import { openDicom } from "../dicom/file.ts";
import { uidOf } from "../dicom/values.ts";
import { readPng } from "../picture/png.ts";
import { readMetaImage } from "../raster/metaimage.ts";
import { readNifti } from "../raster/nifti.ts";
import { segFile } from "./dicom-seg.ts";
import { labelmapFile } from "./labelmap.ts";
import type { LabelFile, Target } from "./layer.ts";
import { projectSegments } from "./project.ts";
import { rtstructSegments } from "./rtstruct.ts";
import { nrrdFile } from "./seg-nrrd.ts";

const SUPPORTED = "DICOM SEG, RTSTRUCT, and labelmaps as NIfTI, NRRD, MHA or PNG";

const SEG_CLASSES = new Set(["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"]);
const RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3";

export interface ReadSegmentsOptions {
  readonly limits?: Limits;
  /** Where the codecs find their WebAssembly; needed in browsers only. */
  readonly wasm?: WasmSource;
}

/**
 * Reads a file of segments and lays it on an image, by the nearest voxel where their grids differ. The format is told by
 * the bytes. Throws UnsupportedFormat, MalformedFile, TooLarge, and DoesNotFit when it belongs to another image.
 */
export async function readSegments(
  bytes: Uint8Array,
  target: Target,
  { limits = DEFAULT_LIMITS, wasm }: ReadSegmentsOptions = {},
): Promise<ImportResult> {
  check("uploaded bytes", bytes.length, limits.fileBytes);
  const format = formatOf(bytes);
  if (!format) throw unsupported("bytes of no format that is read here", SUPPORTED);
  try {
    if (format === "DICOM") return await dicomSegments(bytes, target, limits, wasm);
    return projectSegments(labelsOf(bytes, format, limits), target);
  } catch (thrown) {
    throw asReadError(thrown, format, "file");
  }
}

async function dicomSegments(
  bytes: Uint8Array,
  target: Target,
  limits: Limits,
  wasm?: WasmSource,
): Promise<ImportResult> {
  const file = openDicom(bytes, limits);
  const sopClass = uidOf(file.dataSet, 0x00080016) ?? "";
  if (sopClass === RTSTRUCT_CLASS) return rtstructSegments(file.dataSet, target);
  if (!SEG_CLASSES.has(sopClass)) throw unsupported("a DICOM object that holds no segments", SUPPORTED);
  return projectSegments(await segFile(file, limits, wasm), target);
}

function labelsOf(bytes: Uint8Array, format: NonNullable<ReturnType<typeof formatOf>>, limits: Limits): LabelFile {
  switch (format) {
    case "NIfTI":
      return labelmapFile(readNifti(bytes, limits), format);
    case "NRRD":
      return nrrdFile(bytes, limits);
    case "MetaImage":
      return labelmapFile(readMetaImage(bytes, limits), format);
    case "PNG":
      return labelmapFile(readPng(bytes, limits), format);
    default:
      throw unsupported(`${format} in place of segments`, SUPPORTED);
  }
}
