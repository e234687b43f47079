/** Lengths, angles and probes as lines of the log: each is one step. */
import type { LogAction, MeasuringTool } from "../../../core/annotation/entries.ts";
import { type Measurement, measurementsOf } from "../../../core/annotation/measurements.ts";
import type { SlicePoint } from "../../../core/image/distance.ts";
import { valuesAt } from "../../../core/image/values.ts";
import type { LogWriter } from "../annotate/log-writer.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { measurementText } from "../state/measurements.ts";
import { placeOf } from "../state/places.ts";

export interface Measures {
  /** Keeps a measurement of the slice shown; one without extent is dropped. */
  add(tool: MeasuringTool, points: readonly SlicePoint[]): void;
  move(measurementId: string, points: readonly SlicePoint[]): void;
  remove(measurementId: string): void;
}

export function createMeasures({ store, notifier }: Context, writer: LogWriter): Measures {
  const find = (id: string): Measurement | undefined =>
    measurementsOf(store.state.log).find(({ measurementId }) => measurementId === id);
  /** What a line says beside its id; `undefined` where there is nothing to measure. */
  const reading = (tool: MeasuringTool, points: readonly SlicePoint[]) => {
    const pixels = store.state.image?.pixels;
    if (!pixels || points.some((point, n) => n > 0 && isSame(point, points[n - 1]))) return undefined;
    if (tool !== "probe") return { points: points.map(([x, y]): SlicePoint => [rounded(x), rounded(y)]) };
    const [x, y] = points[0].map(Math.round);
    const { image } = store.state;
    const values = valuesAt(pixels, { x, y }) ?? (image?.detail && valuesAt(image.detail, { x, y }));
    if (values) return { points: [[x, y] as const], values };
    notifier.info(t.measure.noValues, { cause: "probe" });
    return undefined;
  };
  const write = (action: LogAction & { measurementId: string }) => {
    if (!writer.act([action])) return;
    const made = find(action.measurementId);
    if (made) notifier.say(t.measure.said(t.toolNames[made.tool], measurementText(store.state, made)));
  };
  return {
    add(tool, points) {
      const { image } = store.state;
      const read = reading(tool, points);
      if (!image || !read) return;
      write({ kind: "add-measurement", measurementId: crypto.randomUUID(), tool, at: placeOf(image), ...read });
    },
    move(measurementId, points) {
      const before = find(measurementId);
      const read = before && reading(before.tool, points);
      if (!before || !read || JSON.stringify(read.points) === JSON.stringify(before.points)) return;
      write({ kind: "move-measurement", measurementId, at: before.at, ...read });
    },
    remove(measurementId) {
      const before = find(measurementId);
      if (before) writer.act([{ kind: "remove-measurement", measurementId, at: before.at }]);
    },
  };
}

const isSame = ([ax, ay]: SlicePoint, [bx, by]: SlicePoint): boolean => Math.hypot(ax - bx, ay - by) < 0.01;

/** A hundredth of a pixel is finer than any hand. */
const rounded = (value: number): number => Math.round(value * 100) / 100;
