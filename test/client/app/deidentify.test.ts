/** Projects that travel with de-identified images: work in which every text is somebody's name. */
import { describe, expect, test } from "vitest";
import { boundTo, namesNoImage, UNNAMED, withoutIdentity } from "../../../client/app/kept/deidentify.ts";
import { parseProject, serialiseProject } from "../../../client/app/kept/project.ts";
import type { Work } from "../../../client/app/kept/work.ts";
import type { LogAction } from "../../../core/annotation/entries.ts";
import { replay, segmentsOf } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import { measurementsOf } from "../../../core/annotation/measurements.ts";
import { PROMPTS } from "./every-prompt.ts";

const imageId = `sha256:${"b".repeat(64)}` as const;
const mask = `sha256:${"c".repeat(64)}` as const;
const at = { imageId, plane: "axial", slice: 7 } as const;
const window = { name: "SMITH's window", center: 40, width: 400 };
const group = "SMITH-group";
const [first, second] = ["SMITH-1", "SMITH-2"];

/** Every kind of line, with a name wherever a text may stand, also in fields that no version knows. */
const ACTIONS = [
  { kind: "add-segment", segmentId: first, number: 1, name: "SMITH 1970", colour: "#56b4e9", group, note: "SMITH" },
  {
    kind: "change-segment",
    segmentId: first,
    name: "SMITH's liver",
    code: { scheme: "99SMITH", value: "SMITH", meaning: "SMITH" },
    locked: true,
    review: "checked",
    groupName: "SMITH's left side",
  },
  {
    kind: "add-measurement",
    measurementId: "SMITH-m",
    tool: "probe",
    at: { ...at, by: "SMITH" },
    points: [[1, 2]],
    values: [57],
    note: "SMITH",
  },
  { kind: "move-measurement", measurementId: "SMITH-m", at, points: [[3, 2]], values: [58], note: "SMITH" },
  {
    ...{ kind: "add-segment", segmentId: second, number: 4, name: "Mr SMITH", colour: "#e69f00" },
    code: { scheme: "SCT", value: "78961009", meaning: "Spleen" },
  },
  { kind: "order-segments", segmentIds: [second, first] },
  { kind: "prompt", segmentId: first, at: { ...at, window, source: "/home/SMITH/ct" }, prompts: PROMPTS },
  { kind: "prompt", segmentId: first, at: { ...at, window: null }, prompts: [{ kind: "text", text: "SMITH" }] },
  { kind: "prompt", segmentId: first, at: { ...at, window: null }, prompts: [{ kind: "text", text: "Liver" }] },
  { kind: "choose", segmentId: first, at, candidate: 1 },
  { kind: "clear", segmentId: second, at },
  { kind: "masks", segmentId: second, origin: "edited", masks: [{ at, mask, predictedIou: 0.5, by: "SMITH" }] },
] as unknown as LogAction[]; // the fields that no version knows

const work: Work = {
  imageId,
  name: "SMITH^JOHN 1970-01-02.nii.gz",
  modality: "CT of SMITH",
  size: [4, 4, 9],
  segments: 2,
  slices: 1,
  savedAt: Date.parse("2026-03-04"),
  log: serialiseLog(replay(ACTIONS)),
  place: { plane: "axial", slice: 3, window, encodeWindow: window, modality: "SMITH" },
  activeSegment: first,
  hidden: [second],
};

const known = new Set(["liver"]);
const masks = { [mask]: { size: [4, 4] as [number, number], counts: [3, 2, 11] } };

describe("a de-identified project", () => {
  const text = serialiseProject({ works: [withoutIdentity(work, known)], masks });

  test("holds no name, no typed word, no path, no date and no image's id", () => {
    const open = serialiseProject({ works: [work], masks });
    const secrets = ["SMITH", "1970", imageId, String(work.savedAt), "/home"];
    expect(secrets.filter((secret) => open.includes(secret))).toEqual(secrets);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });

  test("keeps segments by word, code or number, every prompt, and the masks", () => {
    const [read] = parseProject(text).works;
    const log = parseLog(read!.log);
    expect(segmentsOf(log).map(({ name, number, locked, review }) => [name, number, locked, review])).toEqual([
      ["Spleen", 4, false, undefined],
      ["Segment 1", 1, true, "checked"],
    ]);
    const prompts = log.done.flatMap((action) => (action.kind === "prompt" ? action.prompts : []));
    expect(prompts).toEqual([...PROMPTS, { kind: "text", text: "Liver" }]);
    expect(parseProject(text).masks).toEqual(masks);
    expect(text).toContain(mask);
    expect(read).toMatchObject({ name: "OT image", hidden: ["segment-2"], activeSegment: "segment-1", savedAt: 0 });
  });

  test("keeps what was measured, and the group under a number", () => {
    const log = parseLog(withoutIdentity(work, known).log);
    expect(measurementsOf(log)).toEqual([
      {
        measurementId: "measurement-1",
        tool: "probe",
        at: { ...at, imageId: UNNAMED },
        points: [[3, 2]],
        values: [58],
      },
    ]);
    expect(segmentsOf(log).map(({ groupName }) => groupName)).toContain("Group-1");
  });

  test("is told by its start, and lies on the image that it is laid on", async () => {
    expect(await namesNoImage(new Blob([text]))).toBe(true);
    expect(await namesNoImage(new Blob([serialiseProject({ works: [work], masks })]))).toBe(false);
    const bound = boundTo(parseProject(text).works[0]!, imageId);
    expect(JSON.stringify(bound)).not.toContain(UNNAMED);
    expect(parseLog(bound.log).done.filter((action) => "at" in action && action.at.imageId === imageId)).toHaveLength(
      6,
    );
  });
});
