/** What is shown of a chain: decoded masks with their doubt, and masks of the log that need no embedding. */
import { expect, test } from "vitest";
import { createChainMasks } from "../../../client/app/annotate/chain-masks.ts";
import type { Context } from "../../../client/app/context/context.ts";
import type { Embedding, SegmentMask } from "../../../client/index.ts";
import { chainsOf } from "../../../core/annotation/chain.ts";
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, emptyLog, type PromptLog } from "../../../core/annotation/log.ts";
import { createMask } from "../../../core/mask/mask.ts";
import { encodeRle } from "../../../core/mask/rle.ts";

const imageId = `sha256:${"d".repeat(64)}` as const;
const digest = `sha256:${"a".repeat(64)}` as const;
const at = { imageId, plane: "axial", slice: 3 } as const;
const drawn = createMask(4, 2, Uint8Array.from([0, 1, 1, 0, 0, 1, 0, 0]));

/** The one chain of a segment to which this has happened. */
function chainOf(...actions: LogAction[]) {
  const added: LogAction = { kind: "add-segment", segmentId: "s", number: 1, name: "s", colour: "#ffffff" };
  return chainsOf([added, ...actions].reduce<PromptLog>(append, emptyLog()), imageId)[0]!;
}

const click: LogAction = {
  kind: "prompt",
  segmentId: "s",
  at: { ...at, window: null },
  prompts: [{ kind: "point", x: 1, y: 1, label: "foreground" }],
};
const kept = (doubtful?: boolean): LogAction => ({
  kind: "masks",
  segmentId: "s",
  origin: "propagated",
  masks: [{ at, mask: digest, predictedIou: 0.1, ...(doubtful ? { doubtful } : {}) }],
});

/** Decodes every prompt to a mask of this predicted IoU; `embedded` counts what was encoded for it. */
function masksWith(predictedIou: number) {
  const calls = { embedded: 0 };
  const answer = { ...drawn, predictedIou, stabilityScore: 1, lowResLogits: new Float32Array(4), backend: "wasm" };
  const segmenter = async () => ({ segment: async () => [answer as SegmentMask] });
  const context = { store: { state: { image: undefined } }, segmenter } as unknown as Context;
  const embed = async () => {
    calls.embedded++;
    return {} as Embedding;
  };
  return { calls, masks: createChainMasks(context, { embed, kept: async () => encodeRle(drawn) }) };
}

test.each([
  [0.19, true],
  [0.2, false],
])("a mask that the model trusts by %d is doubtful: %s", async (predictedIou, doubtful) => {
  const view = await masksWith(predictedIou).masks(chainOf(click));
  expect(view).toMatchObject({ doubtful, origin: "prompted", area: 3, chosen: 0 });
});

test("a mask of the log is shown as it stands, without an embedding, and its doubt is what was said of it", async () => {
  const { masks, calls } = masksWith(0.9);
  expect(await masks(chainOf(kept()))).toMatchObject({ doubtful: false, origin: "propagated", area: 3 });
  expect(await masks(chainOf(kept(true)))).toMatchObject({ doubtful: true });
  expect(calls.embedded).toBe(0);
  expect(await masks(chainOf(kept(true), click))).toMatchObject({ doubtful: false, origin: "prompted" });
  expect(calls.embedded).toBe(1);
});
