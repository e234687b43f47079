/** Everything the viewer shows, as one immutable value. Pixels and decoded candidates are referenced, never changed. */

import type { MaskOrigin, MeasuringTool } from "../../../core/annotation/entries.ts";
import { emptyLog, type PromptLog } from "../../../core/annotation/log.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { NamedWindow, Plane, Slice, Vec3 } from "../../../core/image/volume.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import type {
  ImageInfo,
  JobMask,
  JobPlace,
  NameGuess,
  PlaneInfo,
  PointLabel,
  PromptKind,
} from "../../../core/wire/index.ts";
import type { Embedding, SegmenterStatus, SegmentMask } from "../../index.ts";
import type { Measuring } from "./measuring.ts";

export type Tool =
  | ("point" | "box" | "scribble" | "lasso" | "brush" | "eraser" | "keep" | "pan" | "window")
  | MeasuringTool;
/** What a correction reaches: the slice shown, or every slice of the segment. */
export type EditScope = "slice" | "all";
export type Overlay = "fill" | "outline" | "off";
export type DialogName = "import" | "help" | "export" | "work" | "studies";

export interface ModelFacts {
  readonly name: string;
  readonly prompts: readonly PromptKind[];
}

/** A mask that stands in the log as it is, by hand, by import or by a job. */
interface StandingMask extends Mask {
  /** 1 where nobody guessed it. */
  readonly predictedIou: number;
  readonly backend?: undefined;
  readonly on?: undefined;
  readonly presence?: undefined;
}

export type ShownMask = SegmentMask | StandingMask;

/** What one segment shows on one slice. */
export interface MaskView {
  /** Names the prompts and the chosen candidate; `Chain.key`. */
  readonly chain: string;
  readonly candidates: readonly ShownMask[];
  readonly chosen: number;
  readonly origin: MaskOrigin;
  /** Worth a look before it is trusted. */
  readonly doubtful: boolean;
  /** Pixels of the chosen candidate. */
  readonly area: number;
  readonly ms: number;
}

/** Zoom is a factor on the fitted size; pan is in CSS pixels from the centre. */
export interface View {
  readonly zoom: number;
  readonly panX: number;
  readonly panY: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How the brush and the eraser are set. */
export interface Brush {
  /** In pixels of the slice, along x. */
  readonly diameter: number;
  /** Modality values (HU for CT) that may be changed; all of them when `undefined`. */
  readonly range: { readonly low: number; readonly high: number } | undefined;
}

/** A stroke under way. Its mask is the one thing here that changes in place: it has to be on the screen with the next frame. */
export interface Stroke {
  readonly at: SliceRef;
  /** `undefined` where the stroke makes a new segment. */
  readonly segmentId: string | undefined;
  readonly colour: string;
  readonly mask: Mask;
  /** Counts up with each change of the mask. */
  readonly version: number;
}

/** A drawing under way. */
export interface Gesture {
  readonly kind: "box" | "scribble" | "lasso";
  readonly label: PointLabel;
  /** Drawn corner by corner without dragging: the last point follows the pointer until the next click. */
  readonly clicked: boolean;
  readonly points: readonly Point[];
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
  /** Of exactly the slice that `plane` and `slice` name; `undefined` until they are there. */
  readonly pixels: Slice | undefined;
  /** Of a large slice, whose `pixels` are an overview: what is looked at closely. */
  readonly detail?: Slice | undefined;
  readonly embedding: Embedding | undefined;
  readonly stage: EncodeStage;
  /** `plane/window/slice` of every slice known to be encoded. */
  readonly encoded: ReadonlySet<string>;
}

/** Pictures of a folder, looked at one after the other. */
export interface PictureList {
  readonly seriesId: string;
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

export interface Toast {
  readonly id: number;
  readonly tone: "error" | "info";
  readonly text: string;
  readonly code?: string;
  /** Names what went wrong: when that is over, so is the toast. */
  readonly cause?: string;
  readonly actions: readonly { readonly label: string; readonly run: () => void }[];
}

/** Whether the work on the open image is safe, and if not, why. */
export type Keeping =
  | { readonly state: "kept" }
  /** The browser's storage is full, refuses, or is not there: the newest work lives in this page alone. */
  | { readonly state: "full" | "unavailable" }
  /** Another tab writes this image's work; this one only shows it. */
  | { readonly state: "other-tab" }
  /** The work was written by a later release: it is kept as it is, and shown as none. */
  | { readonly state: "newer"; readonly version: number }
  /** The kept work cannot be read; it was put aside. */
  | { readonly state: "damaged" };

/** A propagation under way. Its masks come into the log when it has ended, as one step. */
export interface JobView {
  readonly segmentId: string;
  readonly plane: Plane;
  readonly done: number;
  /** 0 until the server has said it. */
  readonly total: number;
  /** By slice, as far as they have come. */
  readonly masks: ReadonlyMap<number, JobMask>;
  /** The server does not answer; the same job is asked for again. */
  readonly broken: boolean;
}

/** A series that comes from an archive: a picture of it is shown meanwhile, and nothing can be prompted. */
export interface Arriving {
  /** Address of the picture, an object of this page. */
  readonly picture: string;
  /** Instances that are here; `total` is 0 until the archive has listed them. */
  readonly done: number;
  readonly total: number;
}

/** No answer from the server; another try is made by itself. */
export interface Outage {
  readonly since: number;
  /** Of the next try, in milliseconds of `performance.now()`; `undefined` while one is under way. */
  readonly nextTry: number | undefined;
}

/** Where a structure is, as far as it has been looked for. */
export interface LocatedName {
  readonly name: string;
  readonly imageId: string;
  readonly plane: Plane;
  readonly places: readonly JobPlace[];
  readonly done: number;
  readonly total: number;
}

export interface State {
  readonly image: OpenImage | undefined;
  /** Sentence of what is loading, for the progress bar before an image is there. */
  readonly loading: string | undefined;
  readonly arriving: Arriving | undefined;
  readonly outage: Outage | undefined;
  readonly engine: SegmenterStatus | undefined;
  /** The manifest of the model that decodes. */
  readonly model: ModelFacts | undefined;
  readonly view: View;
  readonly tool: Tool;
  /** On offer; all when left out. */
  readonly tools?: readonly Tool[];
  readonly sign: PointLabel;
  readonly overlay: Overlay;
  readonly opacity: number;
  readonly peek: boolean;
  readonly inverted: boolean;
  readonly previewOn: boolean;
  readonly preview: SegmentMask | undefined;
  /** The only state of the segmentation; segments and masks are derived from it. */
  readonly log: PromptLog;
  readonly keeping: Keeping;
  readonly activeSegment: string | undefined;
  readonly hidden: ReadonlySet<string>;
  /** Names of groups whose segments are not listed. */
  readonly collapsed: ReadonlySet<string>;
  /** By `maskKey(segment, place)`. */
  readonly masks: ReadonlyMap<string, MaskView>;
  /** Keys of chains whose mask could not be computed. */
  readonly failed: ReadonlySet<string>;
  readonly job: JobView | undefined;
  /** Slices on which a name was looked for. */
  readonly located: LocatedName | undefined;
  /** Names that are being asked of the slice shown, or of all slices. */
  readonly finding: { readonly done: number; readonly total: number } | undefined;
  /** Segments that were found and not judged yet: id → the name under which each was proposed. */
  readonly proposed: ReadonlyMap<string, string>;
  /** What the mask of a chain may be called, best first. */
  readonly guesses: { readonly chain: string; readonly names: readonly NameGuess[] } | undefined;
  /** One plane, or all three and the surfaces. */
  readonly layout: "one" | "four";
  /** The voxel that was clicked last; see `focus.ts`. */
  readonly focus: Vec3 | undefined;
  /** Slices follow one another by themselves. */
  readonly playing: boolean;
  /** Prompts whose mask is not there yet, on the slice shown. */
  readonly waiting: number;
  readonly gesture: Gesture | undefined;
  readonly measuring: Measuring | undefined;
  readonly brush: Brush;
  readonly editScope: EditScope;
  readonly stroke: Stroke | undefined;
  /** Where the brush is on the slice, not rounded. */
  readonly brushAt: Point | undefined;
  /** Mouse position on the slice. */
  readonly pointer: Point | undefined;
  /** Keyboard crosshair. */
  readonly cursor: Point | undefined;
  readonly dialog: DialogName | undefined;
  /** A file that may be an image or segments: the dialog asks. */
  readonly offered: File | undefined;
  /** The server offers more than the image that is open from the start. */
  readonly offers: boolean;
  /** The open image is one of a list of pictures. */
  readonly list: PictureList | undefined;
  readonly panelOpen: boolean;
  /** Warnings of the reader that the user has put away, for the open image. */
  readonly warningsRead: boolean;
  readonly toasts: readonly Toast[];
  readonly announcement: string;
}

/** What one image does not take over from the one before. */
export const FRESH_IMAGE = {
  view: { zoom: 1, panX: 0, panY: 0 },
  log: emptyLog(),
  keeping: { state: "kept" },
  activeSegment: undefined,
  hidden: new Set<string>(),
  collapsed: new Set<string>(),
  failed: new Set<string>(),
  preview: undefined,
  gesture: undefined,
  measuring: undefined,
  stroke: undefined,
  brushAt: undefined,
  cursor: undefined,
  pointer: undefined,
  job: undefined,
  finding: undefined,
  located: undefined,
  proposed: new Map<string, string>(),
  guesses: undefined,
  playing: false,
  focus: undefined,
  warningsRead: false,
  list: undefined,
  toasts: [],
} as const satisfies Partial<State>;

/** Before an image is open. */
export const initialState: State = {
  ...FRESH_IMAGE,
  image: undefined,
  loading: undefined,
  arriving: undefined,
  outage: undefined,
  engine: undefined,
  model: undefined,
  tool: "point",
  brush: { diameter: 12, range: undefined },
  editScope: "slice",
  sign: "foreground",
  overlay: "fill",
  layout: "one",
  opacity: 0.35,
  peek: false,
  inverted: false,
  previewOn: true,
  masks: new Map(),
  waiting: 0,
  dialog: undefined,
  offered: undefined,
  offers: false,
  list: undefined,
  panelOpen: !matchMedia("(max-width: 760px)").matches,
  announcement: "",
};

/** May prompts be given and the log be written? */
export const isWritable = ({ keeping }: Pick<State, "keeping">): boolean =>
  keeping.state !== "other-tab" && keeping.state !== "newer";
