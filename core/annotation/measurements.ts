/** Lengths, angles and single values that a person has measured on slices, as the prompt log holds them. */
import type { SlicePoint } from "../image/distance.ts";
import { type SliceRef, sliceKeyOf } from "../image/slice-ref.ts";
import type { MeasuringTool } from "./entries.ts";
import type { PromptLog } from "./log.ts";

export interface Measurement {
  readonly measurementId: string;
  readonly tool: MeasuringTool;
  readonly at: SliceRef;
  readonly points: readonly SlicePoint[];
  /** What a probe has read there, one for each channel. */
  readonly values?: readonly number[];
}

/** How many places each tool measures between. */
export const POINTS_OF = { length: 2, angle: 3, probe: 1 } as const satisfies Record<MeasuringTool, number>;

const read = new WeakMap<PromptLog, readonly Measurement[]>();

/** All that are in force, oldest first. */
export function measurementsOf(log: PromptLog): readonly Measurement[] {
  const known = read.get(log) ?? readMeasurements(log);
  read.set(log, known);
  return known;
}

/** Those of one slice. */
export function measurementsAt(log: PromptLog, at: SliceRef): readonly Measurement[] {
  const key = sliceKeyOf(at);
  return measurementsOf(log).filter((measurement) => sliceKeyOf(measurement.at) === key);
}

function readMeasurements({ done }: PromptLog): readonly Measurement[] {
  const found = new Map<string, Measurement>();
  for (const action of done) {
    if (action.kind === "add-measurement") {
      const { measurementId, tool, at, points, values } = action;
      found.set(measurementId, { measurementId, tool, at, points, ...(values && { values }) });
    } else if (action.kind === "move-measurement") {
      const { measurementId, points, values } = action;
      const before = found.get(measurementId);
      if (before?.points.length === points.length)
        found.set(measurementId, { ...before, points, ...(values && { values }) });
    } else if (action.kind === "remove-measurement") found.delete(action.measurementId);
  }
  return [...found.values()];
}
