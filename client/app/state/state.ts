/** Everything the viewer shows, as one immutable value. Pixels and decoded candidates are referenced, never changed. */

import { emptyLog, type PromptLog } from "../../../core/annotation/log.ts";
import type { NamedWindow, Plane, Slice } from "../../../core/image/volume.ts";
import type { Measurement } from "../../../core/mask/measurements.ts";
import type { ImageInfo, PlaneInfo, PointLabel, PromptKind } from "../../../core/wire/index.ts";
import type { Embedding, SegmenterStatus, SegmentMask } from "../../index.ts";

export type Tool = "point" | "box" | "scribble" | "lasso" | "pan" | "window";
export type Overlay = "fill" | "outline" | "off";

/** A label of the list: an object of the prompt log with its look. */
export interface Label {
  readonly id: string;
  /** Shown in badges and written in exported labelmaps; 1 to 255. */
  readonly number: number;
  readonly name: string;
  readonly colour: string;
  readonly visible: boolean;
  /** Accepted labels keep their masks; the next prompt starts a new label. */
  readonly accepted: boolean;
}

export interface ModelFacts {
  readonly name: string;
  readonly prompts: readonly PromptKind[];
}

/** What one label shows on one slice. */
export interface MaskView {
  /** Names the prompts it was decoded from. */
  readonly chain: string;
  readonly candidates: readonly SegmentMask[];
  readonly chosen: number;
  readonly measurement: Measurement;
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

/** A drawing under way. */
export interface Gesture {
  readonly kind: "box" | "scribble" | "lasso";
  readonly label: PointLabel;
  /** Drawn corner by corner without dragging: the last point follows the pointer until the next click. */
  readonly clicked: boolean;
  readonly points: readonly Point[];
}

export type EncodeStage = "idle" | "pixels" | "encoding" | "ready" | "failed";

export interface OpenStudy {
  readonly info: ImageInfo;
  readonly name: string;
  readonly plane: PlaneInfo;
  readonly slice: number;
  /** Last slice of each plane, to come back to. */
  readonly sliceByPlane: Readonly<Partial<Record<Plane, number>>>;
  /** Display window; `encodeWindow` is the one that embeddings are made with. Both null for colour. */
  readonly window: NamedWindow | null;
  readonly encodeWindow: NamedWindow | null;
  readonly pixels: Slice | undefined;
  readonly embedding: Embedding | undefined;
  readonly stage: EncodeStage;
  /** `plane/window/slice` of every slice known to be encoded. */
  readonly encoded: ReadonlySet<string>;
}

export interface Toast {
  readonly id: number;
  readonly tone: "error" | "info";
  readonly text: string;
  readonly code?: string;
  readonly actions: readonly { readonly label: string; readonly run: () => void }[];
}

export interface State {
  readonly study: OpenStudy | undefined;
  /** Sentence of what is loading, for the progress bar before a study is there. */
  readonly loading: string | undefined;
  readonly engine: SegmenterStatus | undefined;
  /** The manifest of the model that decodes. */
  readonly model: ModelFacts | undefined;
  readonly view: View;
  readonly tool: Tool;
  readonly sign: PointLabel;
  readonly overlay: Overlay;
  readonly opacity: number;
  readonly peek: boolean;
  readonly inverted: boolean;
  readonly previewOn: boolean;
  readonly preview: SegmentMask | undefined;
  /** The only state of the segmentation; labels and masks are derived from it. */
  readonly log: PromptLog;
  readonly activeLabel: string | undefined;
  readonly hidden: ReadonlySet<string>;
  readonly accepted: ReadonlySet<string>;
  /** By `maskKey(label, place)`. */
  readonly masks: ReadonlyMap<string, MaskView>;
  /** Prompts whose mask is not there yet, on the slice shown. */
  readonly waiting: number;
  readonly gesture: Gesture | undefined;
  /** Mouse position on the slice. */
  readonly pointer: Point | undefined;
  /** Keyboard crosshair. */
  readonly cursor: Point | undefined;
  readonly helpOpen: boolean;
  readonly panelOpen: boolean;
  readonly toasts: readonly Toast[];
  readonly announcement: string;
}

/** Before a study is open. */
export const initialState: State = {
  study: undefined,
  loading: undefined,
  engine: undefined,
  model: undefined,
  view: { zoom: 1, panX: 0, panY: 0 },
  tool: "point",
  sign: "foreground",
  overlay: "fill",
  opacity: 0.35,
  peek: false,
  inverted: false,
  previewOn: true,
  preview: undefined,
  log: emptyLog(),
  activeLabel: undefined,
  hidden: new Set(),
  accepted: new Set(),
  masks: new Map(),
  waiting: 0,
  gesture: undefined,
  pointer: undefined,
  cursor: undefined,
  helpOpen: false,
  panelOpen: !matchMedia("(max-width: 760px)").matches,
  toasts: [],
  announcement: "",
};
