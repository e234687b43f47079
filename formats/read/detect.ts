/** What a file is, by its bytes and never by its name. */
import { isZip } from "../bytes/zip.ts";
import { hasDicomMagic, looksLikeDicom } from "./dicom/file.ts";
import { PNG_MAGIC } from "./picture/png.ts";
import { headerBytes, isGzip } from "./raster/nifti.ts";
import { isAnalyze, niftiVersion } from "./raster/nifti-header.ts";

export type Format = "DICOM" | "NIfTI" | "NRRD" | "MetaImage" | "PNG" | "JPEG" | "WebP" | "TIFF";

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const MAGIC: readonly { format: Format; bytes: readonly number[]; at?: number }[] = [
  { format: "PNG", bytes: PNG_MAGIC },
  { format: "JPEG", bytes: [0xff, 0xd8, 0xff] },
  { format: "WebP", bytes: ascii("WEBP"), at: 8 },
  { format: "TIFF", bytes: [0x49, 0x49, 42, 0] },
  { format: "TIFF", bytes: [0x4d, 0x4d, 0, 42] },
  { format: "TIFF", bytes: [0x49, 0x49, 43, 0] },
  { format: "TIFF", bytes: [0x4d, 0x4d, 0, 43] },
  { format: "NRRD", bytes: ascii("NRRD000") },
  { format: "MetaImage", bytes: ascii("ObjectType") },
  { format: "MetaImage", bytes: ascii("NDims") },
];

/** The format of a file; undefined for anything else. The preamble of a DICOM file may be that of any other format. */
export function formatOf(bytes: Uint8Array): Format | "ZIP" | undefined {
  if (hasDicomMagic(bytes)) return "DICOM";
  const found = MAGIC.find(({ bytes: magic, at = 0 }) => magic.every((byte, i) => bytes[at + i] === byte));
  if (found) return found.format;
  if (isZip(bytes)) return "ZIP";
  if (isNifti(bytes)) return "NIfTI";
  return looksLikeDicom(bytes) ? "DICOM" : undefined;
}

function isNifti(bytes: Uint8Array): boolean {
  if (!isGzip(bytes)) return niftiVersion(bytes) !== undefined || isAnalyze(bytes);
  try {
    return niftiVersion(headerBytes(bytes)) !== undefined;
  } catch {
    return false;
  }
}
