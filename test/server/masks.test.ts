import { beforeAll, describe, expect, test } from "vitest";
import { decodeRle } from "../../core/mask/rle.ts";
import { MaskRequest, MaskResponse } from "../../core/wire/index.ts";
import { memoryStore } from "../../server/stores/memory.ts";
import { createEmbeddingService } from "../../server/work/embeddings.ts";
import { createMaskService } from "../../server/work/masks.ts";
import { idOf } from "./entries.ts";
import { type Bench, openPool, pictures } from "./inference-support.ts";

const IMAGE = idOf(0);
const click = (x: number, y: number, label: "foreground" | "background" = "foreground") => ({
  kind: "point" as const,
  x,
  y,
  label,
});

let bench: Bench;

/** One pool for all: the tests differ in what they ask. */
beforeAll(async () => {
  const ends: (() => Promise<void>)[] = [];
  bench = await openPool(undefined, { decoders: 1 }, (end) => ends.push(end));
  return async () => {
    for (const end of ends.reverse()) await end();
  };
}, 90_000);

const images = pictures();
const store = memoryStore({ maxBytes: 64 << 20 });

function open({ pool, models }: Bench = bench) {
  const embeddings = createEmbeddingService({ images, pool, store, models });
  const { masks } = createMaskService({ images, pool, embeddings, models });
  return { ask: (request: object, waiting = {}) => masks(MaskRequest.parse(request), waiting) };
}

describe("the mask service", { timeout: 90_000 }, () => {
  test("answers a click by slice or by embedding with the same mask, which holds the click", async () => {
    const { ask } = open();
    const bySlice = await ask({ imageId: IMAGE, slice: 2, prompts: [click(30, 20)] });
    expect(() => MaskResponse.parse(bySlice)).not.toThrow();
    const byEmbedding = await ask({ embeddingId: bySlice.embeddingId, prompts: [click(30, 20)] });
    expect(byEmbedding).toEqual(bySlice);
    const [best] = bySlice.masks;
    const mask = decodeRle(best!.rle);
    expect([mask.width, mask.height]).toEqual([64, 64]);
    expect(mask.data[20 * 64 + 30]).toBe(1);
    expect(best!.area).toBe(mask.data.reduce((sum, value) => sum + value, 0));
    expect(best!.areaMm2).toBeCloseTo(best!.area / 4);
    expect(bySlice.notice).toContain("not for diagnosis");
  });

  test("gives the same mask from the embedding's id alone after a restart, without an encoder (D-11)", async () => {
    const first = await open().ask({ imageId: IMAGE, prompts: [click(30, 20)] });
    const restarted = open(await openPool(undefined, { encoders: 0, decoders: 1 }));
    expect(await restarted.ask({ embeddingId: first.embeddingId, prompts: [click(30, 20)] })).toEqual(first);
  });

  test("gives three candidates, best first, and refines the one whose logits come back", async () => {
    const { ask } = open();
    const first = await ask({ imageId: IMAGE, prompts: [click(30, 30)], multimask: true });
    const ious = first.masks.map(({ predictedIou }) => predictedIou);
    expect(ious).toHaveLength(3);
    expect(ious).toEqual(ious.toSorted((a, b) => b - a));
    const { embeddingId, lowResLogitsId } = first;
    const prompts = [click(30, 30), click(40, 30, "background")];
    const refined = await ask({ embeddingId, prompts, previous: lowResLogitsId });
    const plain = await ask({ embeddingId, prompts });
    expect(refined.lowResLogitsId).not.toBe(plain.lowResLogitsId);
    await expect(ask({ imageId: IMAGE, slice: 5, prompts, previous: lowResLogitsId })).rejects.toMatchObject({
      code: "InvalidRequest",
      detail: { path: "previous" },
    });
    await expect(ask({ embeddingId, prompts, previous: idOf(7) })).rejects.toMatchObject({ code: "LogitsNotFound" });
  });

  test("says with a text whether the structure is there", async () => {
    const { ask } = open();
    const { presence } = await ask({ imageId: IMAGE, prompts: [{ kind: "text", text: "liver" }] });
    expect(presence).toBeGreaterThanOrEqual(0);
    expect(presence).toBeLessThanOrEqual(1);
  });

  test("refuses an embedding for an unknown model or another image, unknown ids and impossible prompts (D-12)", async () => {
    const { ask } = open();
    const { embeddingId } = await ask({ imageId: IMAGE, prompts: [click(30, 30)] });
    const prompts = [click(30, 30)];
    const refused = (request: object, code: string) => expect(ask(request)).rejects.toMatchObject({ code });
    await refused({ embeddingId, prompts, model: "other" }, "UnknownModel");
    await refused({ embeddingId, prompts, imageId: idOf(2) }, "InvalidRequest");
    await refused({ embeddingId: idOf(9), prompts }, "EmbeddingNotFound");
    await refused({ prompts }, "InvalidRequest");
    await refused({ imageId: idOf(1), prompts }, "ImageNotFound");
    await refused({ embeddingId, prompts: [click(30, 64)] }, "InvalidPrompt");
  });

  test("an abort ends the wait", async () => {
    const { ask } = open();
    const gone = AbortSignal.abort();
    await expect(ask({ imageId: IMAGE, prompts: [click(3, 3)] }, { signal: gone })).rejects.toMatchObject({
      code: "Cancelled",
    });
  });
});
