/** A log as one result: what is said of each mask, and what is not asked twice. */
import { expect, test } from "vitest";
import type { Segmenter } from "../../client/index.ts";
import { createSegmentations } from "../../client/segmentations.ts";
import type { LogAction } from "../../core/annotation/entries.ts";
import { append, emptyLog, type PromptLog } from "../../core/annotation/log.ts";
import { filledOnly } from "../../core/annotation/segmentation.ts";
import { createMask } from "../../core/mask/mask.ts";
import { encodeRle } from "../../core/mask/rle.ts";
import type { Prompt } from "../../core/wire/index.ts";

const imageId = `sha256:${"d".repeat(64)}` as const;
const digest = `sha256:${"a".repeat(64)}` as const;
const drawn = createMask(4, 2, Uint8Array.from([0, 1, 1, 0, 0, 1, 0, 0]));
const CLICK: Prompt = { kind: "point", x: 1, y: 1, label: "foreground" };
const NAME: Prompt = { kind: "text", text: "liver" };

const at = (slice: number) => ({ imageId, plane: "axial", slice }) as const;
const prompt = (segmentId: string, slice: number, prompts: readonly Prompt[]): LogAction => ({
  ...{ kind: "prompt", segmentId, at: { ...at(slice), window: null }, prompts },
});
const add = (segmentId: string, number: number): LogAction => ({
  ...{ kind: "add-segment", segmentId, number, name: segmentId, colour: "#ffffff" },
});
const logOf = (...actions: LogAction[]) => actions.reduce<PromptLog>(append, emptyLog());

/** Every prompt is answered by `drawn`, trusted by this much; what was asked is counted. */
function segmentations(predictedIou: number) {
  const asked: { embed: number; contexts: unknown[] } = { embed: 0, contexts: [] };
  const parts = {
    image: async () => ({ imageId, size: [4, 2, 9], ijkToLps: [], modality: "CT" }),
    embed: async () => ({ n: ++asked.embed }),
    segment: async (_on: unknown, _prompts: unknown, { context }: { context?: unknown }) => {
      asked.contexts.push(context);
      return [{ ...drawn, predictedIou }];
    },
  };
  // Only what is read of them.
  return { asked, of: createSegmentations(parts as unknown as Pick<Segmenter, "image" | "embed" | "segment">) };
}

test("a mask that the model hardly trusts is doubtful, one of a name says so, one by hand has no predicted IoU", async () => {
  const log = logOf(
    add("a", 1),
    add("b", 2),
    prompt("a", 1, [CLICK]),
    prompt("a", 2, [NAME]),
    { kind: "masks", segmentId: "b", origin: "edited", masks: [{ at: at(3), mask: digest }] },
    {
      kind: "masks",
      segmentId: "b",
      origin: "propagated",
      masks: [{ at: at(4), mask: digest, predictedIou: 0.4, doubtful: true }],
    },
  );
  const { masks, valueUnit } = await segmentations(0.1).of(log, imageId, { kept: async () => encodeRle(drawn) });
  expect(masks.map(({ mask, ...said }) => [said, mask.data])).toEqual([
    [{ segmentId: "a", plane: "axial", slice: 1, origin: "prompted", predictedIou: 0.1, doubtful: true }, drawn.data],
    [
      { segmentId: "a", plane: "axial", slice: 2, origin: "prompted", predictedIou: 0.1, doubtful: true, byName: true },
      drawn.data,
    ],
    [{ segmentId: "b", plane: "axial", slice: 3, origin: "edited" }, drawn.data],
    [{ segmentId: "b", plane: "axial", slice: 4, origin: "propagated", predictedIou: 0.4, doubtful: true }, drawn.data],
  ]);
  expect(valueUnit).toBe("HU");
});

test("what the caller has decoded is neither encoded nor decoded again, and a place leaves all other slices alone", async () => {
  const log = logOf(add("a", 1), prompt("a", 1, [CLICK]), prompt("a", 2, [CLICK]), prompt("a", 3, [CLICK]));
  const { asked, of } = segmentations(0.9);
  const decoded = ({ at: { slice } }: { at: { slice: number } }) =>
    slice === 1 ? [{ ...drawn, predictedIou: 0.7 }] : undefined;
  const whole = await of(log, imageId, { decoded });
  expect(whole.masks.map(({ predictedIou }) => predictedIou)).toEqual([0.7, 0.9, 0.9]);
  expect(asked.embed).toBe(2);
  const one = await of(log, imageId, { decoded, place: { plane: "axial", slice: 1 } });
  expect(one.masks.map(({ slice }) => slice)).toEqual([1]);
  expect(asked.embed).toBe(2);
});

test("names mean what they meant under their context: another one is asked again", async () => {
  const log = logOf(add("a", 1), prompt("a", 1, [NAME]));
  const { asked, of } = segmentations(0.9);
  await of(log, imageId);
  const { valueUnit } = await of(log, imageId, { context: { modality: "MR" } });
  await of(log, imageId, { context: { modality: "MR" } });
  expect(asked.contexts).toEqual([undefined, { modality: "MR" }]);
  expect(valueUnit).toBeUndefined();
});

test("a file says nothing of empty masks, nor of segments that have no other", async () => {
  const log = logOf(add("a", 1), add("b", 2), prompt("a", 1, [CLICK]), prompt("b", 2, [CLICK]));
  const decoded = ({ segmentId }: { segmentId: string }) =>
    segmentId === "b" ? [{ ...createMask(4, 2), predictedIou: 0.9 }] : undefined;
  const { segments, masks } = filledOnly(await segmentations(0.9).of(log, imageId, { decoded }));
  expect(segments.map(({ id }) => id)).toEqual(["a"]);
  expect(masks.map(({ segmentId }) => segmentId)).toEqual(["a"]);
});
