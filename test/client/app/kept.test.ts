/** Work that is handed over: merging logs of one image, and the project file. */
import { describe, expect, test } from "vitest";
import { mergeLogs } from "../../../client/app/kept/merge.ts";
import { isProject, parseProject, serialiseProject } from "../../../client/app/kept/project.ts";
import type { Work } from "../../../client/app/kept/work.ts";
import { promptsOf } from "../../../core/annotation/chain.ts";
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, emptyLog, type PromptLog, replay, segmentsOf, undo } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import { isSegmenterError } from "../../../core/errors.ts";

const imageId = `sha256:${"b".repeat(64)}` as const;
const at = { imageId, plane: "axial", slice: 7, window: null } as const;

const added = (number: number): LogAction => ({
  kind: "add-segment",
  segmentId: `segment-${number}`,
  number,
  name: `Segment ${number}`,
  colour: "#56b4e9",
});
const clicked = (number: number, x: number): LogAction => ({
  kind: "prompt",
  segmentId: `segment-${number}`,
  at,
  prompts: [{ kind: "point", x, y: 1, label: "foreground" }],
});
const logOf = (...actions: LogAction[]): PromptLog => replay(actions);

describe("mergeLogs", () => {
  const start = logOf(added(1), clicked(1, 10));

  test("takes the one that continues the other, undone lines included", () => {
    const longer = undo(append(start, clicked(1, 20)));
    expect(mergeLogs(start, longer)).toBe(longer);
    expect(mergeLogs(longer, start)).toBe(longer);
  });

  test("keeps both where they part: what they share once, and new segments under numbers that nobody has", () => {
    const mine = [clicked(1, 20), added(2), clicked(2, 30)].reduce<PromptLog>(append, start);
    const theirs = [clicked(1, 21), added(2), clicked(2, 31), clicked(2, 32)].reduce<PromptLog>(append, start);
    const merged = mergeLogs(mine, theirs);
    expect(segmentsOf(merged).map(({ number }) => number)).toEqual([1, 2, 3]);
    const places = segmentsOf(merged).map(({ segmentId }) => promptsOf(merged, segmentId, at).length);
    expect(places).toEqual([3, 1, 2]);
  });

  test("never gives a removed segment's number again", () => {
    const mine = logOf(added(1), added(2), { kind: "remove-segment", segmentId: "segment-2" });
    const merged = mergeLogs(mine, logOf(added(1), clicked(1, 5), added(2), clicked(2, 6)));
    expect(segmentsOf(merged).map(({ number }) => number)).toEqual([1, 3, 4]);
  });
});

describe("a project file", () => {
  const work: Work = {
    imageId,
    name: "ct.nii.gz",
    modality: "CT",
    size: [4, 4, 9],
    segments: 1,
    slices: 1,
    savedAt: 1,
    log: serialiseLog(logOf(added(1), clicked(1, 10))),
    place: { plane: "axial", slice: 7, window: null, encodeWindow: null },
    activeSegment: "segment-1",
    hidden: ["segment-1"],
  };

  test("gives back what was put in", async () => {
    const text = serialiseProject({ works: [work], masks: {} });
    expect(parseProject(text)).toEqual({ works: [work], masks: {} });
    expect(await isProject(new Blob([text]))).toBe(true);
    expect(await isProject(new Blob(['{"a":1}']))).toBe(false);
  });

  test.each([
    { name: "no JSON", text: "{", code: "MalformedFile" },
    { name: "another format", text: '{"format":"x","works":[]}', code: "MalformedFile" },
    { name: "no image", text: '{"format":"promptomy-project","version":1,"works":[{}]}', code: "MalformedFile" },
    { name: "a later version", text: '{"format":"promptomy-project","version":9,"works":[]}', code: "NewerVersion" },
  ] as const)("with $name is refused as $code", ({ text, code }) => {
    expect(() => parseProject(text)).toThrow(expect.objectContaining({ code }));
  });

  test("with a log of a later version names it, and the file stays as it is", () => {
    const newer = { ...work, log: '{"version":9,"entries":[]}' };
    const text = serialiseProject({ works: [newer], masks: {} });
    expect(text).toContain('"version": 9');
    try {
      parseProject(text);
      expect.unreachable();
    } catch (error) {
      expect(isSegmenterError(error, "NewerVersion")).toBe(true);
    }
  });

  test("emptyLog is what an image without work has", () => {
    expect(parseLog(serialiseLog(emptyLog()))).toEqual(emptyLog());
  });
});
