/** Files of segments → masks on an image. */
import type { ImportResult } from "../../../core/wire/import.ts";
import { asReadError, unsupported } from "../../bytes/fail.ts";
import { check, DEFAULT_LIMITS, type Limits } from "../../bytes/limits.ts";
import { formatOf } from "../detect.ts";
import { readPng } from "../picture/png.ts";
import { readMetaImage } from "../raster/metaimage.ts";
import { readNifti } from "../raster/nifti.ts";
import { labelmapFile } from "./labelmap.ts";
import type { LabelFile, Target } from "./layer.ts";
import { projectSegments } from "./project.ts";
import { nrrdFile } from "./seg-nrrd.ts";

const SUPPORTED = "DICOM SEG, RTSTRUCT, and labelmaps as NIfTI, NRRD, MHA or PNG";

/**
 * Reads a file of segments and lays it on an image, by the nearest voxel where their grids differ. The format is told by
 * the bytes. Throws UnsupportedFormat, MalformedFile, TooLarge, and DoesNotFit when it belongs to another image.
 */
export function readSegments(bytes: Uint8Array, target: Target, limits: Limits = DEFAULT_LIMITS): ImportResult {
  check("uploaded bytes", bytes.length, limits.fileBytes);
  const format = formatOf(bytes);
  if (!format) throw unsupported("bytes of no format that is read here", SUPPORTED);
  try {
    return projectSegments(fileOf(bytes, format, limits), target);
  } catch (thrown) {
    throw asReadError(thrown, format, "file");
  }
}

function fileOf(bytes: Uint8Array, format: NonNullable<ReturnType<typeof formatOf>>, limits: Limits): LabelFile {
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
