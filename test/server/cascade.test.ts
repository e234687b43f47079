/** Small lesions by their name in one call, with the shipped model on patients that were held back: found, looked at from near, named. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contextOf, readCase, readIndex } from "../../bench/accuracy/data-set.ts";
import { type Mask, maskArea, maskDice } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { MaskRequest, MaskResponse } from "../../core/wire/index.ts";
import { createServices, type Services } from "../../server/services.ts";
import { readSettings } from "../../server/settings.ts";
import { dataPath, needsData } from "../support/data.ts";

const NAME = "kidney stone";

describe("kidney stones on CT", { ...needsData("train/index.jsonl"), timeout: 240_000 }, () => {
  let dir: string;
  let services: Services;
  const stones: { id: string; truth: Mask; whole: MaskResponse; near: MaskResponse }[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cascade-"));
    services = await createServices(readSettings({ cacheDir: dir, device: "cpu" }, {}));
    const root = dataPath("train")!;
    const held = (await readIndex(root)).filter(
      ({ split, labels }) => split === "val" && labels.some(({ name }) => name === NAME),
    );
    for (const item of held.filter((one) => contextOf(one) === "CT")) {
      const { structures } = await readCase(root, item, { perStructure: 0, seed: "cascade" });
      const truth = structures.find(({ name }) => name === NAME)?.mask;
      if (!truth) continue;
      const { imageId } = (await services.images.open(join(root, item.image))).info;
      const prompts = [{ kind: "text", text: NAME }];
      const context = { modality: contextOf(item) };
      const ask = (more: object) => services.masks.masks(MaskRequest.parse({ imageId, prompts, context, ...more }));
      const near = MaskResponse.parse(await ask({ zoom: "always", classify: true }));
      stones.push({ id: item.id, truth, near, whole: await ask({ zoom: "never" }) });
    }
  }, 240_000);
  afterAll(async () => {
    await services.close();
    await rm(dir, { recursive: true, force: true });
  });

  const dice = (answer: MaskResponse, truth: Mask) => maskDice(decodeRle(answer.masks[0].rle), truth);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  test("are small: a few hundred pixels of 512 × 512", () => {
    expect(stones.length).toBeGreaterThanOrEqual(10);
    for (const { id, truth } of stones) expect(maskArea(truth) / (truth.width * truth.height), id).toBeLessThan(0.005);
  });

  test("are found by their name, and answered from a crop around what was found", () => {
    for (const { id, near, truth } of stones) {
      expect(near.presence, id).toBeGreaterThan(0.5);
      expect(near.crop, id).toBeDefined();
      expect(dice(near, truth), id).toBeGreaterThan(0.25);
    }
    expect(mean(stones.map(({ near, truth }) => dice(near, truth)))).toBeGreaterThan(0.5);
  });

  test("are no worse from near than on the whole slice", () => {
    const [near, whole] = (["near", "whole"] as const).map((how) =>
      mean(stones.map((one) => dice(one[how], one.truth))),
    );
    expect(near).toBeGreaterThan(whole! - 0.02);
  });

  test("get their own name first", () => {
    for (const { id, near } of stones) expect(near.names?.[0]?.name, id).toBe(NAME);
  });
});
