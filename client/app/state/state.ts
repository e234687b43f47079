/** Everything the viewer shows, as one immutable value. Pixels and decoded candidates are referenced, never changed. */

import type { MaskOrigin } from "../../../core/annotation/entries.ts";
import { emptyLog, type PromptLog } from "../../../core/annotation/log.ts";
import type { Vec3 } from "../../../core/image/volume.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import type { NameGuess, PointLabel, PromptKind } from "../../../core/wire/index.ts";
import type { SegmenterStatus, SegmentMask } from "../../index.ts";
import type { Brush, EditScope, Gesture, Point, Stroke, Tool } from "./drawing.ts";
import type { Measuring } from "./measuring.ts";
import type { OpenImage, PictureList, View } from "./open-image.ts";
import type { Arriving, JobView, LocatedName, Outage } from "./underway.ts";

export type Overlay = "fill" | "outline" | "off";
export type DialogName = "import" | "help" | "export" | "work" | "studies";

export interface ModelFacts {
  readonly name: string;
  readonly prompts: readonly PromptKind[];
  /** It can say where a phrase may be that is no name. */
  readonly heatMap: boolean;
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
  /** How often the image was fitted by hand: each time to the room that there is then. */
  readonly fits: number;
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
  fits: 0,
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
