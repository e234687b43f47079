import { describe, expect, test } from "vitest";
import { placeAfterStep } from "../../../client/app/state/segments.ts";
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, emptyLog, type PromptLog, segmentsOf, undo } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import type { Segment } from "../../../core/annotation/segmentation.ts";

const added = (id: string, number: number): LogAction => ({
  ...{ kind: "add-segment", segmentId: id, number, name: id, colour: "#ffffff" },
});
const grouped = (segmentId: string, groupName: string): LogAction => ({ kind: "change-segment", segmentId, groupName });
const logOf = (...actions: LogAction[]): PromptLog =>
  [added("a", 1), added("b", 2), added("c", 3), added("d", 4), ...actions].reduce<PromptLog>(append, emptyLog());
const listed = (log: PromptLog) =>
  segmentsOf(log).map(({ segmentId, groupName }) => (groupName ? `${segmentId}:${groupName}` : segmentId));

describe("groups of segments", () => {
  test("stand together where the first of them is, in the text of the log too", () => {
    const log = logOf(grouped("b", "Lungs"), grouped("d", "Lungs"));
    expect(listed(log)).toEqual(["a", "b:Lungs", "d:Lungs", "c"]);
    expect(listed(parseLog(serialiseLog(log)))).toEqual(listed(log));
  });

  test("lose a segment by an empty name, and get it back by undo", () => {
    const log = logOf(grouped("b", "Lungs"), grouped("d", "Lungs"), grouped("b", ""));
    expect(listed(log)).toEqual(["a", "b", "c", "d:Lungs"]);
    expect(listed(undo(log))).toEqual(["a", "b:Lungs", "d:Lungs", "c"]);
  });

  test.each([
    { name: "the upper one of a group moves down in it", id: "b", by: 1, place: 2 },
    { name: "the last one of a group stays in it", id: "d", by: 1, place: undefined },
    { name: "one without a group moves past all of one", id: "c", by: -1, place: 1 },
    { name: "the first of all stays", id: "a", by: -1, place: undefined },
  ] as const)("$name", ({ id, by, place }) => {
    const log = logOf(grouped("b", "Lungs"), grouped("d", "Lungs"));
    const segments = segmentsOf(log).map((segment): Segment => ({ ...segment, id: segment.segmentId, hidden: false }));
    expect(placeAfterStep(segments, id, by)).toBe(place);
  });
});
