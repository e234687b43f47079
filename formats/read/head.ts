/** What the start of a file says of the image in it, so that a folder of thousands of files is listed without reading them. */
import type { Limits } from "../bytes/limits.ts";
import { type Format, formatOf } from "./detect.ts";
import { openDicom } from "./dicom/file.ts";
import { type DicomObject, objectOf } from "./dicom/series/kind.ts";
import { lenientDecimalsOf, shortAt, textOf, uidOf } from "./dicom/values.ts";

/** Carries UIDs and descriptions, which are patient data. */
export interface FileHead {
  readonly format: Format | "ZIP";
  /** DICOM alone has what follows. */
  readonly dicom?: {
    readonly studyUid?: string | undefined;
    readonly seriesUid?: string | undefined;
    readonly instanceUid?: string | undefined;
    readonly object: DicomObject;
    /** Columns and rows; undefined for an object without pixels. */
    readonly size?: readonly [number, number] | undefined;
    readonly frames: number;
    readonly instance: number;
    readonly seriesNumber?: number | undefined;
    readonly description?: string | undefined;
    readonly studyDescription?: string | undefined;
    readonly studyDate?: string | undefined;
    /** The object itself says that nobody can be told from it (PS3.3 C.7.1.1). */
    readonly identityRemoved: boolean;
  };
}

/** Group of the pixel data (PS3.6). */
const PIXELS = 0x7fe00000;

/** Undefined for bytes of no format that is read here. Throws as `openDicom` does, also when `bytes` end too early. */
export function readHead(bytes: Uint8Array, limits: Limits): FileHead | undefined {
  const format = formatOf(bytes);
  if (format !== "DICOM") return format && { format };
  const { dataSet } = openDicom(bytes, limits, PIXELS);
  const [rows, columns] = [shortAt(dataSet, 0x00280010, 0), shortAt(dataSet, 0x00280011, 0)];
  const whole = (tag: number) => lenientDecimalsOf(dataSet, tag)?.[0];
  return {
    format,
    dicom: {
      studyUid: uidOf(dataSet, 0x0020000d),
      seriesUid: uidOf(dataSet, 0x0020000e),
      instanceUid: uidOf(dataSet, 0x00080018),
      object: objectOf(dataSet),
      size: rows && columns ? [columns, rows] : undefined,
      frames: Math.max(1, whole(0x00280008) ?? 1),
      instance: whole(0x00200013) ?? 0,
      seriesNumber: whole(0x00200011),
      description: textOf(dataSet, 0x0008103e)?.slice(0, 64),
      studyDescription: textOf(dataSet, 0x00081030)?.slice(0, 64),
      studyDate: textOf(dataSet, 0x00080020)?.slice(0, 8),
      identityRemoved: textOf(dataSet, 0x00120062)?.trim() === "YES",
    },
  };
}
