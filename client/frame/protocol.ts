/** What the viewer in a frame, and the viewer as an element, tell their page. No code here. */
import type { MaskOrigin } from "../../core/annotation/entries.ts";
import type { Plane } from "../../core/image/volume.ts";
import type { Rle } from "../../core/wire/index.ts";

/** A slice, in our order of its plane. */
export interface FramePlace {
  readonly plane: Plane;
  readonly slice: number;
}

/** What to open: an image that the server has, files of this page, or a series of the server's first archive. */
export type FrameTarget =
  | { readonly imageId: string }
  | { readonly files: readonly File[] }
  | { readonly study: string; readonly series?: string };

/** What is open. */
export interface FrameImage {
  readonly imageId: string;
  readonly modality: string;
  readonly planes: readonly { readonly plane: Plane; readonly width: number; readonly height: number; count: number }[];
  /** Shown now. */
  readonly at: FramePlace;
}

/** The mask of a segment on a slice; one of area 0 takes it away. */
export interface FrameMask extends FramePlace {
  readonly imageId: string;
  readonly segment: { readonly number: number; readonly name: string; readonly colour: string };
  readonly rle: Rle;
  /** Pixels. */
  readonly area: number;
  /** The model's guess of its IoU; 1 for what was drawn by hand. */
  readonly predictedIou: number;
  readonly origin: MaskOrigin;
}

/** A result as the user would have downloaded it. */
export interface FrameFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface FrameSaved {
  readonly imageId: string;
  readonly files: readonly FrameFile[];
}

export interface FrameStatus {
  readonly version: number;
  /** `undefined` while nothing is open. */
  readonly image?: FrameImage;
  /** Messages that were passed over: of other origins, or not of this protocol. */
  readonly ignored: number;
}

/** What a request is answered with. */
export interface FrameAnswers {
  load: FrameImage;
  loadFiles: FrameImage;
  loadStudy: FrameImage;
  setPrompt: FrameMask;
  getMask: { readonly masks: readonly FrameMask[] } | { readonly files: readonly FrameFile[] };
  getStatus: FrameStatus;
}

/** What the viewer tells without being asked. */
export interface FrameEvents {
  maskChanged: FrameMask;
  saved: FrameSaved;
}
