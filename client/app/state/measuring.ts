import type { MeasuringTool } from "../../../core/annotation/entries.ts";
import type { SlicePoint } from "../../../core/image/distance.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";

/** A measurement under way: new, or one whose place is being moved. */
export interface Measuring {
  readonly tool: MeasuringTool;
  readonly at: SliceRef;
  readonly points: readonly SlicePoint[];
  /** The one of the points that follows the pointer. */
  readonly moving: number;
  /** Of the measurement that is being changed. */
  readonly measurementId?: string;
  /** Set click by click, without dragging. */
  readonly clicked: boolean;
}
