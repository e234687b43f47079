/** The image that is open, and how it is looked at. */
import type { NamedWindow, Plane, Slice } from "../../../core/image/volume.ts";
import type { ImageInfo, PlaneInfo, StructureKind } from "../../../core/wire/index.ts";
import type { Embedding } from "../../index.ts";

/** Zoom is a factor on the fitted size; pan is in CSS pixels from the centre. */
export interface View {
  readonly zoom: number;
  readonly panX: number;
  readonly panY: number;
}

export type EncodeStage = "idle" | "pixels" | "encoding" | "ready" | "failed";

export interface OpenImage {
  readonly info: ImageInfo;
  readonly name: string;
  readonly plane: PlaneInfo;
  readonly slice: number;
  /** Last slice of each plane, to come back to. */
  readonly sliceByPlane: Readonly<Partial<Record<Plane, number>>>;
  /** Display window; `encodeWindow` is the one that embeddings are made with. Both null for colour. */
  readonly window: NamedWindow | null;
  readonly encodeWindow: NamedWindow | null;
  /** Said by the user where the file says nothing of it; `info.modality` otherwise. */
  readonly modality: string;
  /** Region of the vocabulary where names are looked for that nobody said; empty for all. */
  readonly bodyPart: string;
  /** What is looked for; empty for every kind of structure. */
  readonly task: StructureKind | "";
  /** Of exactly the slice that `plane` and `slice` name; `undefined` until they are there. */
  readonly pixels: Slice | undefined;
  /** Of a large slice, whose `pixels` are an overview: what is looked at closely. */
  readonly detail?: Slice | undefined;
  readonly embedding: Embedding | undefined;
  readonly stage: EncodeStage;
  /** `plane/window/slice` of every slice known to be encoded. */
  readonly encoded: ReadonlySet<string>;
}

/** Pictures, looked at one after the other: of a folder of the server, or files that were dropped or picked together. */
export interface PictureList {
  readonly source: string | readonly File[];
  /** From 0. */
  readonly index: number;
  readonly count: number;
}
