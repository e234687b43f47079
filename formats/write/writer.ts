/** What every export is: a segmentation in, files out. */
import type { Covered, Overlap } from "../../core/annotation/labelmap.ts";
import type { Segmentation } from "../../core/annotation/segmentation.ts";
import type { Plane } from "../../core/image/volume.ts";
import type { Provenance } from "./dicom/provenance.ts";
import type { Rectified } from "./raster/rectify.ts";

/** Which segment keeps a place that several claim, or no need to choose: a file, or a volume of a 4-D file, for each. */
export type OverlapChoice = Overlap | "separate" | "4d";

/** Of the voxels under a segment, in HU. */
export interface SegmentValues {
  readonly mean: number;
  /** Of the population. */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
}

export interface WriteOptions {
  /** How file names begin: the image's name and its short id. */
  readonly stem: string;
  readonly overlap: OverlapChoice;
  /** By segment, for reports. */
  readonly values?: ReadonlyMap<string, SegmentValues>;
  /** Where the image is, for formats that only name it: an address, or a file beside the result. */
  readonly imageUri?: string;
  /** The one slice that formats of a single slice write. */
  readonly slice?: { readonly plane: Plane; readonly slice: number };
  /** For the DICOM formats, which refer back to the image's source. */
  readonly provenance?: Provenance;
}

export interface SegmentationFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Written {
  /** What segments lose to others, because the format holds one number a place: known before a byte is written. */
  readonly covered: readonly Covered[];
  /** What a format of one even, right-angled grid does to the slices of a tilted or uneven stack. */
  readonly changes?: Rectified["changes"];
  /** The main file first. */
  files(): readonly SegmentationFile[];
}

/** Hidden segments are written like the others: the caller leaves them out (`shownOnly`). */
export type Write = (segmentation: Segmentation, options: WriteOptions) => Written;

/** Viewers of volumes, tools for pictures, spreadsheets. */
export const FORMAT_GROUPS = ["medical", "pictures", "tables"] as const;
export type FormatGroup = (typeof FORMAT_GROUPS)[number];

export interface SegmentationFormat {
  readonly id: string;
  /** Where people look for it. */
  readonly group: FormatGroup;
  /** Of the main file's name. */
  readonly suffix: string;
  readonly scope: "slice" | "image";
  /** Needs geometry in three dimensions. */
  readonly volumesOnly: boolean;
  /** Needs the provenance of a DICOM image. */
  readonly dicomOnly?: boolean;
  /** Ways out of overlaps, the default first; none where segments may overlap in the file. */
  readonly overlaps: readonly OverlapChoice[];
  load(): Promise<Write>;
}

/** A slice in a file's name: its number is the one on the screen, from 1. */
export const sliceName = ({ plane, slice }: { plane: Plane; slice: number }): string =>
  `${plane}-${String(slice + 1).padStart(3, "0")}`;

/** A segment in a file's name. */
export const segmentName = ({ number, name }: { number: number; name: string }): string =>
  `${String(number).padStart(2, "0")}-${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")}`;

export const textFile = (name: string, type: string, text: string): SegmentationFile => ({
  name,
  type,
  bytes: new Uint8Array(new TextEncoder().encode(text)),
});
