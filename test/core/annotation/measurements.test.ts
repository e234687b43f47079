import { describe, expect, test } from "vitest";
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, emptyLog, type PromptLog, segmentsOf, undo } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import { measurementsAt, measurementsOf } from "../../../core/annotation/measurements.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";

const at: SliceRef = { imageId: `sha256:${"a".repeat(64)}`, plane: "coronal", slice: 3 };
const ruler: LogAction = {
  kind: "add-measurement",
  measurementId: "m",
  tool: "length",
  at,
  points: [
    [1, 2],
    [3, 4],
  ],
};
const probe: LogAction = {
  kind: "add-measurement",
  measurementId: "p",
  tool: "probe",
  at: { ...at, slice: 4 },
  points: [[5, 6]],
  values: [57],
};
const logOf = (...actions: LogAction[]): PromptLog => actions.reduce<PromptLog>(append, emptyLog());

describe("measurements", () => {
  test("are those that were added, as they were moved last, by slice", () => {
    const moved: LogAction = {
      kind: "move-measurement",
      measurementId: "m",
      at,
      points: [
        [1, 2],
        [9, 9],
      ],
    };
    const log = logOf(ruler, probe, moved);
    expect(measurementsAt(log, at)).toEqual([
      {
        measurementId: "m",
        tool: "length",
        at,
        points: [
          [1, 2],
          [9, 9],
        ],
      },
    ]);
    expect(measurementsOf(log).map(({ values }) => values)).toEqual([undefined, [57]]);
    expect(measurementsAt(undo(log), at)[0]?.points).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("go when they are removed, and touch no segment", () => {
    const log = logOf(ruler, { kind: "remove-measurement", measurementId: "m", at });
    expect(measurementsOf(log)).toEqual([]);
    expect(segmentsOf(log)).toEqual([]);
    expect(measurementsOf(undo(log))).toHaveLength(1);
  });

  test("survive as text; one with too few places is no line, and a move with others moves nothing", () => {
    expect(measurementsOf(parseLog(serialiseLog(logOf(ruler, probe))))).toEqual(measurementsOf(logOf(ruler, probe)));
    const short = JSON.stringify({ version: 3, entries: [{ ...ruler, points: [[1, 2]] }] });
    expect(() => parseLog(short)).toThrow("Line 0");
    const odd: LogAction = { kind: "move-measurement", measurementId: "m", at, points: [[1, 1]] };
    expect(measurementsOf(logOf(ruler, odd))[0]?.points).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});
