import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Embedding, Prompt, SegmenterStatus } from "../../client/index.ts";
import { launchBrowser } from "../support/browser.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { dataPath } from "../support/data.ts";
import {
  type BuiltPage,
  buildClientPage,
  serveUnisolated,
  startTestServer,
  type TestServer,
} from "../support/serve.ts";

/** In the page. */
declare const client: ClientPage;

const CLICK: Prompt = { kind: "point", x: 120, y: 96, label: "foreground" };
const AWAY: Prompt = { kind: "point", x: 60, y: 60, label: "background" };

let built: BuiltPage;
let server: TestServer;
let browser: Browser;
let page: Page;
/** Uncaught errors of the page. */
const errors: string[] = [];
let at: { imageId: string; plane: "axial"; slice: number };

beforeAll(async () => {
  built = await buildClientPage();
  server = await startTestServer({ clientDir: built.dir });
  browser = await launchBrowser();
  page = await openPage(server.url);
  at = { imageId: server.running.studies[0]!.imageId, plane: "axial", slice: 40 };
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await built?.remove();
});

async function openPage(url: string): Promise<Page> {
  const opened = await browser.newPage();
  opened.on("pageerror", ({ message }) => errors.push(message));
  await opened.goto(url);
  return opened;
}

/** Decodes the same prompts here and on the server; the agreement of each candidate. */
const compare = (on: typeof at, prompts: Prompt[], multimask = false) =>
  page.evaluate(
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
    const results = await compare(at, prompts, multimask);
    expect(results).toHaveLength(masks);
    for (const { iou, area, difference, backends, presence } of results) {
      expect(iou).toBeGreaterThanOrEqual(0.99);
      expect(area).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.02);
      expect(backends).toBe("wasm server");
      expect(presence).toBe(prompts.some(({ kind }) => kind === "text"));
    }
    expect(errors).toEqual([]);
  });

  test.skipIf(!dataPath("tests/ct_dicom_j2k/series"))("gives the server's mask on a real CT", async () => {
    const { info } = await server.running.services.images.open(dataPath("tests/ct_dicom_j2k/series")!);
    const [result] = await compare({ imageId: info.imageId, plane: "axial", slice: 3 }, [{ ...CLICK, x: 200, y: 250 }]);
    expect(result!.iou).toBeGreaterThanOrEqual(0.99);
    expect(result!.area).toBeGreaterThan(0);
  });

  test("refines a mask by its logits, as the server does", async () => {
    const { changed, iou } = await page.evaluate(
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
      { at, first: CLICK, second: AWAY },
    );
    expect(changed).toBe(true);
    expect(iou).toBeGreaterThanOrEqual(0.99);
  });

  test("is refined by the mask itself when the server no longer has its logits", async () => {
    const area = await page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("server");
        const slice = await segmenter.embed(at);
        const [mask] = await segmenter.segment(slice, [click]);
        const previous = { ...mask, lowResLogitsId: `sha256:${"0".repeat(64)}` as const };
        const [refined] = await segmenter.segment(slice, [click], { previous });
        return client.maskArea(refined);
      },
      { at, click: CLICK },
    );
    expect(area).toBeGreaterThan(0);
  });

  test("without cross-origin isolation runs in one thread and gives the same masks", async () => {
    const plain = await serveUnisolated(built.dir, server.url);
    const run = (on: Page) =>
      on.evaluate(
        async ({ at, click }) => {
          const segmenter = await client.shared("wasm");
          const [mask] = await segmenter.segment(await segmenter.embed(at), [click]);
          return { status: segmenter.status, logits: [...mask.lowResLogits], isolated: crossOriginIsolated };
        },
        { at, click: CLICK },
      );
    const threaded = await run(page);
    const other = await openPage(plain.url);
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
    const result = await page.evaluate(async (click) => {
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

  test("that another server encoded is encoded again when its embedding is missing", async () => {
    const ask = (where: Page, known?: Embedding) =>
      where.evaluate(
        async ({ known, at, click }) => {
          const segmenter = await client.shared("wasm");
          const slice = known ?? (await segmenter.embed(at));
          const [mask] = await segmenter.segment(slice, [click]);
          return { slice, logits: [...mask.lowResLogits] };
        },
        { known, at, click: CLICK },
      );
    const before = await ask(page);
    const other = await startTestServer({ clientDir: built.dir });
    const elsewhere = await openPage(other.url);
    const after = await ask(elsewhere, before.slice);
    await elsewhere.close();
    await other.close();
    expect(after.logits).toEqual(before.logits);
  });
});

describe("errors", () => {
  test("keep their code and detail over the worker's boundary", async () => {
    const error = await page.evaluate(async (at) => {
      const segmenter = await client.shared("wasm");
      const slice = await segmenter.embed(at);
      const outside = { kind: "point", x: 9999, y: 0, label: "foreground" } as const;
      const thrown: unknown = await segmenter.segment(slice, [outside]).catch((reason: unknown) => reason);
      return client.isSegmenterError(thrown, "InvalidPrompt") ? thrown.detail : String(thrown);
    }, at);
    expect(error).toMatchObject({ index: 0 });
  });

  test("name the model when the embedding is another's, and the slice when there is none", async () => {
    const codes = await page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("wasm");
        const slice = await segmenter.embed(at);
        const codeOf = (call: Promise<unknown>) =>
          call.then(
            () => "none",
            (thrown: unknown) => (client.isSegmenterError(thrown) ? thrown.code : String(thrown)),
          );
        return [
          await codeOf(segmenter.segment({ ...slice, model: "other" }, [click])),
          await codeOf(segmenter.embed({ ...at, slice: 9999 })),
          await codeOf(client.createSegmenter({ server: location.origin, model: "nobody" })),
        ];
      },
      { at, click: CLICK },
    );
    expect(codes).toEqual(["ModelMismatch", "SliceNotFound", "UnknownModel"]);
  });

  test("an aborted call rejects with the signal's reason, before and while it runs, and the next one works", async () => {
    const result = await page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("wasm");
        const reasonOf = (call: Promise<unknown>) =>
          call.then(
            () => "done",
            (reason: unknown) => reason,
          );
        const aborted = AbortSignal.abort("before");
        const slice = await segmenter.embed(at);
        const running = new AbortController();
        const late = segmenter.segment(slice, [click], { signal: running.signal });
        running.abort("while");
        const embedding = new AbortController();
        const encode = segmenter.embed({ ...at, slice: 41 }, { signal: embedding.signal });
        embedding.abort("embed");
        return [
          await reasonOf(segmenter.segment(slice, [click], { signal: aborted })),
          await reasonOf(segmenter.embed(at, { signal: aborted })),
          await reasonOf(late),
          await reasonOf(encode),
          (await segmenter.segment(slice, [click])).length,
        ];
      },
      { at, click: CLICK },
    );
    expect(result).toEqual(["before", "before", "while", "embed", 1]);
  });

  test("of many previews at once the first and the last are decoded", async () => {
    const answered = await page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("wasm");
        const slice = await segmenter.embed(at);
        const previews = Array.from({ length: 10 }, () => segmenter.preview(slice, [click]));
        return (await Promise.all(previews)).map((mask) => mask !== undefined);
      },
      { at, click: CLICK },
    );
    expect(answered).toEqual([true, ...Array<boolean>(8).fill(false), true]);
  });
});

describe("the ladder", () => {
  test("goes to the server when no worker starts, and says why", async () => {
    const { status, area } = await page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.createSegmenter({ server: location.origin, worker: client.brokenWorker });
        const status = await segmenter.ready();
        const [mask] = await segmenter.segment(await segmenter.embed(at), [click]);
        segmenter.close();
        return { status, area: client.maskArea(mask) };
      },
      { at, click: CLICK },
    );
    expect(status).toMatchObject({ state: "ready", backend: "server" });
    expect(status.reason).toMatch(/No WebGPU: its worker crashed.*broken on purpose.* No WASM: its worker crashed/);
    expect(area).toBeGreaterThan(0);
  });

  test("starts a crashed worker again, once, and the masks stay the same", async () => {
    const { statuses, ious } = await page.evaluate(
      async ({ at, click }) => {
        const statuses: SegmenterStatus[] = [];
        const { doomedWorker: worker } = client;
        const onStatus = (status: SegmenterStatus) => statuses.push(status);
        const segmenter = await client.createSegmenter({ server: location.origin, decode: "wasm", worker, onStatus });
        const slice = await segmenter.embed(at);
        const [before] = await segmenter.segment(slice, [click]);
        const ious: number[] = [];
        for (const _ of [1, 2]) {
          const recovering = new Promise<void>((resolve) => {
            segmenter.onStatus(({ state }) => state === "recovering" && resolve());
          });
          new BroadcastChannel("doom").postMessage("crash");
          await recovering;
          const [after] = await segmenter.segment(slice, [click]);
          ious.push(client.maskIou(before, after));
        }
        segmenter.close();
        return { statuses, ious };
      },
      { at, click: CLICK },
    );
    const ready = statuses.filter(
      ({ state, ms }, i) => state === "ready" && statuses[i - 1]?.state !== "ready" && ms !== 0,
    );
    expect(ready.map(({ backend }) => backend)).toEqual(["wasm", "wasm", "server"]);
    expect(ready[1]!.reason).toMatch(/Started again: its worker crashed: .*crashed on purpose/);
    for (const iou of ious) expect(iou).toBeGreaterThanOrEqual(0.99);
  });

  test("rejects, and does not hang, when the worker crashes and the server is gone", async () => {
    const codes = await page.evaluate(
      async ({ at, click }) => {
        let gone = false;
        const fetch = (request: Request) => (gone ? Promise.reject(new TypeError("gone")) : globalThis.fetch(request));
        const { doomedWorker: worker } = client;
        const segmenter = await client.createSegmenter({ server: location.origin, decode: "wasm", worker, fetch });
        const slice = await segmenter.embed(at);
        const codeOf = (thrown: unknown) => (client.isSegmenterError(thrown) ? thrown.code : String(thrown));
        const codeOfNext = () => segmenter.segment(slice, [click]).then(() => "mask", codeOf);
        gone = true;
        const recovering = new Promise<void>((resolve) => {
          segmenter.onStatus(({ state }) => state === "recovering" && resolve());
        });
        new BroadcastChannel("doom").postMessage("crash");
        await recovering;
        const whileGone = await codeOfNext();
        segmenter.close();
        return [whileGone, await codeOfNext()];
      },
      { at, click: CLICK },
    );
    expect(codes).toEqual(["ServerUnreachable", "Cancelled"]);
  });
});
