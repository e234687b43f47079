/** What the pointer does and draws on a slice. */
import type { MeasuringTool } from "../../../core/annotation/entries.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import type { PointLabel } from "../../../core/wire/index.ts";

export type Tool =
  | ("point" | "box" | "scribble" | "lasso" | "brush" | "eraser" | "keep" | "pan" | "window")
  | MeasuringTool;

/** What a correction reaches: the slice shown, or every slice of the segment. */
export type EditScope = "slice" | "all";

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
