import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Embedding, Prompt } from "../../client/index.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { AWAY, CLICK, type ClientStage, clientStage } from "../support/client-stage.ts";
import { dataPath, needsData } from "../support/data.ts";
import { serveUnisolated, startTestServer } from "../support/serve.ts";

/** In the page. */
declare const client: ClientPage;

const stage = clientStage();

/** Decodes the same prompts here and on the server; the agreement of each candidate. */
const compare = (on: ClientStage["at"], prompts: Prompt[], multimask = false) =>
  stage.page.evaluate(
    async ({ on, prompts, multimask }) => {
      const [here, there] = await Promise.all([client.shared("wasm"), client.shared("server")]);
      const slice = await here.embed(on);
      const mine = await here.segment(slice, prompts, { multimask });
      const theirs = await there.segment(slice, prompts, { multimask });
      return mine.map((mask, i) => ({
        iou: client.maskIou(mask, theirs[i]!),
        area: client.maskArea(mask),
        difference: Math.abs(mask.predictedIou - theirs[i]!.predictedIou),
        backends: `${mask.backend} ${theirs[i]!.backend}`,
        presence: mask.presence !== undefined && theirs[i]!.presence !== undefined,
      }));
    },
    { on, prompts, multimask },
  );

describe("a decode in the browser's WASM", () => {
  const cases: { name: string; prompts: Prompt[]; multimask?: boolean; masks?: number }[] = [
    { name: "a click", prompts: [CLICK] },
    { name: "clicks of both labels", prompts: [CLICK, AWAY] },
    { name: "three candidates", prompts: [CLICK], multimask: true, masks: 3 },
    { name: "a box", prompts: [{ kind: "box", x0: 90, y0: 70, x1: 150, y1: 120 }] },
    {
      name: "a scribble",
      prompts: [
        {
          kind: "scribble",
          points: [
            [100, 90],
            [120, 96],
            [140, 95],
          ],
          label: "foreground",
        },
      ],
    },
    {
      name: "a lasso",
      prompts: [
        {
          kind: "lasso",
          points: [
            [90, 70],
            [150, 70],
            [150, 120],
            [90, 120],
          ],
          label: "foreground",
        },
      ],
    },
    { name: "a text with a click", prompts: [CLICK, { kind: "text", text: "liver" }] },
  ];
  test.each(cases)("gives the server's masks for $name", async ({ prompts, multimask = false, masks = 1 }) => {
    const results = await compare(stage.at, prompts, multimask);
    expect(results).toHaveLength(masks);
    for (const { iou, area, difference, backends, presence } of results) {
      expect(iou).toBeGreaterThanOrEqual(0.99);
      expect(area).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.02);
      expect(backends).toBe("wasm server");
      expect(presence).toBe(prompts.some(({ kind }) => kind === "text"));
    }
    expect(stage.errors).toEqual([]);
  });

  test("gives the server's mask on a real CT", needsData("tests/ct_dicom_j2k/series"), async () => {
    const { info } = await stage.server.running.services.images.open(dataPath("tests/ct_dicom_j2k/series")!);
    const [result] = await compare({ imageId: info.imageId, plane: "axial", slice: 3 }, [{ ...CLICK, x: 200, y: 250 }]);
    expect(result!.iou).toBeGreaterThanOrEqual(0.99);
    expect(result!.area).toBeGreaterThan(0);
  });

  test("refines a mask by its logits, as the server does", async () => {
    const { changed, iou } = await stage.page.evaluate(
      async ({ at, first, second }) => {
        const chain = async (decode: "wasm" | "server") => {
          const segmenter = await client.shared(decode);
          const slice = await segmenter.embed(at);
          const [previous] = await segmenter.segment(slice, [first]);
          const [refined] = await segmenter.segment(slice, [first, second], { previous });
          const [alone] = await segmenter.segment(slice, [first, second]);
          return { refined, alone };
        };
        const [here, there] = await Promise.all([chain("wasm"), chain("server")]);
        const changed = client.maskIou(here.refined, here.alone) < 1;
        return { changed, iou: client.maskIou(here.refined, there.refined) };
      },
      { at: stage.at, first: CLICK, second: AWAY },
    );
    expect(changed).toBe(true);
    expect(iou).toBeGreaterThanOrEqual(0.99);
  });

  test("is refined by the mask itself when the server no longer has its logits", async () => {
    const area = await stage.page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("server");
        const slice = await segmenter.embed(at);
        const [mask] = await segmenter.segment(slice, [click]);
        const previous = { ...mask, lowResLogitsId: `sha256:${"0".repeat(64)}` as const };
        const [refined] = await segmenter.segment(slice, [click], { previous });
        return client.maskArea(refined);
      },
      { at: stage.at, click: CLICK },
    );
    expect(area).toBeGreaterThan(0);
  });

  test("without cross-origin isolation runs in one thread and gives the same masks", async () => {
    const plain = await serveUnisolated(stage.clientDir, stage.server.url);
    const run = (on: Page) =>
      on.evaluate(
        async ({ at, click }) => {
          const segmenter = await client.shared("wasm");
          const [mask] = await segmenter.segment(await segmenter.embed(at), [click]);
          return { status: segmenter.status, logits: [...mask.lowResLogits], isolated: crossOriginIsolated };
        },
        { at: stage.at, click: CLICK },
      );
    const threaded = await run(stage.page);
    const other = await stage.openPage(plain.url);
    const single = await run(other);
    await other.close();
    await plain.close();
    expect([threaded.isolated, single.isolated]).toEqual([true, false]);
    expect(single.status).toMatchObject({ state: "ready", backend: "wasm", threads: 1 });
    expect(single.status.reason).toBe("WASM, 1 thread.");
    expect(single.logits).toEqual(threaded.logits);
  });
});

describe("a picture", () => {
  test("from a file or a canvas is uploaded, and the same pixels get the same id", async () => {
    const result = await stage.page.evaluate(async (click) => {
      const canvas = new OffscreenCanvas(200, 150);
      const context = canvas.getContext("2d")!;
      context.fillStyle = "#804020";
      context.fillRect(90, 60, 60, 60);
      const pixels = context.getImageData(0, 0, 200, 150);
      for (let alpha = 3; alpha < pixels.data.length; alpha += 4) pixels.data[alpha] = 255;
      context.putImageData(pixels, 0, 0);
      const file = await canvas.convertToBlob({ type: "image/png" });
      const segmenter = await client.shared("wasm");
      const [fromPixels, fromFile] = [await segmenter.embed(pixels), await segmenter.embed(file)];
      const [mask] = await segmenter.segment(fromFile, [click]);
      return { same: fromPixels.id === fromFile.id, size: [mask.width, mask.height], window: fromFile.window };
    }, CLICK);
    expect(result).toEqual({ same: true, size: [200, 150], window: null });
  });

  test("with a small object is looked at closely, and the mask stays on the slice", async () => {
    const result = await stage.page.evaluate(async () => {
      const canvas = new OffscreenCanvas(400, 300);
      const context = canvas.getContext("2d")!;
      context.fillStyle = "#202020";
      context.fillRect(0, 0, 400, 300);
      context.fillStyle = "#d0d0d0";
      context.fillRect(240, 80, 24, 24);
      const segmenter = await client.shared("wasm");
      const slice = await segmenter.embed(context.getImageData(0, 0, 400, 300));
      const box = { kind: "box", x0: 240, y0: 80, x1: 263, y1: 103 } as const;
      const [near] = await segmenter.segment(slice, [box]);
      const [far] = await segmenter.segment(slice, [box], { zoom: "never" });
      const truth = { width: 400, height: 300, data: new Uint8Array(400 * 300) };
      for (let y = 80; y < 104; y++) truth.data.fill(1, y * 400 + 240, y * 400 + 264);
      const [again] = await segmenter.segment(slice, [box], { previous: near });
      return {
        crop: near.on.transform.crop,
        stayed: far.on.id === slice.id,
        wentOn: again.on.id === near.on.id,
        ious: [near, far].map((mask) => client.maskIou(mask, truth)),
      };
    });
    expect(result.crop).toEqual({ x0: 222, y0: 62, x1: 282, y1: 122 });
    expect([result.stayed, result.wentOn]).toEqual([true, true]);
    for (const iou of result.ious) expect(iou).toBeGreaterThan(0.5);
  });

  test("that another server encoded is encoded again when its embedding is missing", async () => {
    const ask = (where: Page, known?: Embedding) =>
      where.evaluate(
        async ({ known, at, click }) => {
          const segmenter = await client.shared("wasm");
          const slice = known ?? (await segmenter.embed(at));
          const [mask] = await segmenter.segment(slice, [click]);
          return { slice, logits: [...mask.lowResLogits] };
        },
        { known, at: stage.at, click: CLICK },
      );
    const before = await ask(stage.page);
    const other = await startTestServer({ clientDir: stage.clientDir });
    const elsewhere = await stage.openPage(other.url);
    const after = await ask(elsewhere, before.slice);
    await elsewhere.close();
    await other.close();
    expect(after.logits).toEqual(before.logits);
  });
});
