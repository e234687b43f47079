/** One file of a series, and one frame of a file. */
import type { DicomFile } from "../file.ts";
import type { ImageHeader } from "../header.ts";
import type { FrameAttributes } from "./attributes.ts";
import type { DicomObject } from "./kind.ts";

export interface Source {
  readonly file: DicomFile;
  readonly header: ImageHeader;
  readonly object: DicomObject;
  /** Place of the file among those given. */
  readonly index: number;
  readonly instance: number;
}

export interface Frame extends FrameAttributes {
  readonly source: Source;
  /** Counts from 0. */
  readonly frame: number;
}
