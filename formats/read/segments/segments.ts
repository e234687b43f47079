/** Files of segments → masks on an image. */
import type { Volume } from "../../../core/image/volume.ts";
import type { ImportResult } from "../../../core/wire/import.ts";
import { asReadError, unsupported } from "../../bytes/fail.ts";
import { check, DEFAULT_LIMITS, type Limits } from "../../bytes/limits.ts";
import { readZip } from "../../bytes/zip.ts";
import type { WasmSource } from "../../codecs/wasm.ts";
import { formatOf } from "../detect.ts";
import { openDicom } from "../dicom/file.ts";
import { uidOf } from "../dicom/values.ts";
import { readPng } from "../picture/png.ts";
import { readMetaImage } from "../raster/metaimage.ts";
import { readNiftiVolumes } from "../raster/nifti.ts";
import { archiveSegments, type ReadEntry } from "./archive.ts";
import { cocoSegments, isCoco } from "./coco.ts";
import { segFile } from "./dicom-seg.ts";
import { featuresIn, geojsonSegments } from "./geojson.ts";
import { jsonIn } from "./json.ts";
import { labelmapFile, stackedFile } from "./labelmap.ts";
import type { LabelFile, Target } from "./layer.ts";
import { type Legend, withNames } from "./legend.ts";
import { projectSegments } from "./project.ts";
import { rtstructSegments } from "./rtstruct.ts";
import { nrrdFile } from "./seg-nrrd.ts";

const SUPPORTED = "DICOM SEG, RTSTRUCT, labelmaps as NIfTI, NRRD, MHA or PNG, COCO, GeoJSON, and ZIP archives of them";

const SEG_CLASSES = new Set(["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"]);
const RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3";

export interface ReadSegmentsOptions {
  readonly limits?: Limits;
  /** Where the codecs find their WebAssembly; needed in browsers only. */
  readonly wasm?: WasmSource;
}

/**
 * Reads a file of segments, or an archive of them, and lays it on an image, by the nearest voxel where their grids differ.
 * The format is told by the bytes. Throws UnsupportedFormat, MalformedFile, TooLarge, and DoesNotFit when it belongs to
 * another image.
 */
export async function readSegments(
  bytes: Uint8Array,
  target: Target,
  { limits = DEFAULT_LIMITS, wasm }: ReadSegmentsOptions = {},
): Promise<ImportResult> {
  check("uploaded bytes", bytes.length, limits.fileBytes);
  const read: ReadEntry = (entry, legend, number) => fileSegments(entry, target, { limits, wasm, legend, number });
  if (formatOf(bytes) !== "ZIP") return read(bytes, NO_LEGEND, undefined);
  return archiveSegments(readZip(bytes, limits), target, { limits, read });
}

interface FileOptions {
  readonly limits: Limits;
  readonly wasm: WasmSource | undefined;
  readonly legend: Legend;
  readonly number: number | undefined;
}

const NO_LEGEND: Legend = { labels: new Map(), stacked: false };

async function fileSegments(
  bytes: Uint8Array,
  target: Target,
  { limits, wasm, legend, number }: FileOptions,
): Promise<ImportResult> {
  const format = formatOf(bytes);
  if (!format) return jsonSegments(bytes, target);
  try {
    if (format === "DICOM") return await dicomSegments(bytes, target, limits, wasm);
    return projectSegments(withNames(labelsOf(bytes, format, limits), legend, number), target);
  } catch (thrown) {
    throw asReadError(thrown, format, "file");
  }
}

function jsonSegments(bytes: Uint8Array, target: Target): ImportResult {
  const json = jsonIn(bytes);
  if (isCoco(json)) return cocoSegments(json, target);
  const features = featuresIn(json);
  if (features) return geojsonSegments(features, target);
  throw unsupported(json === undefined ? "bytes of no format that is read here" : "JSON without segments", SUPPORTED);
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

function niftiFile(volumes: readonly Volume[]): LabelFile {
  const [first] = volumes;
  return volumes.length === 1 && first ? labelmapFile(first, "NIfTI") : stackedFile(volumes, "NIfTI");
}

function labelsOf(bytes: Uint8Array, format: NonNullable<ReturnType<typeof formatOf>>, limits: Limits): LabelFile {
  switch (format) {
    case "NIfTI":
      return niftiFile(readNiftiVolumes(bytes, limits));
    case "NRRD":
      return nrrdFile(bytes, limits);
    case "MetaImage":
      return labelmapFile(readMetaImage(bytes, limits), format);
    case "PNG":
      return labelmapFile(readPng(bytes, limits, { numbers: true }), format);
    default:
      throw unsupported(`${format} in place of segments`, SUPPORTED);
  }
}
