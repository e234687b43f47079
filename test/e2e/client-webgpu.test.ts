/** One session on a software GPU: it compiles shaders for most of a minute, so every claim shares it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Prompt, SegmenterStatus, SegmentMask } from "../../client/index.ts";
import { launchBrowser, offersWebGpu } from "../support/browser.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { sharedClientPage, startTestServer, type TestServer } from "../support/serve.ts";

/** In the page. */
declare const client: ClientPage;

const CLICK: Prompt = { kind: "point", x: 120, y: 96, label: "foreground" };
const BOX: Prompt = { kind: "box", x0: 90, y0: 70, x1: 150, y1: 120 };

/** Compiling on a busy machine. */
const SHADERS_MS = 600_000;

let server: TestServer;
let browser: Browser;
let page: Page;
let webGpu: boolean;

beforeAll(async () => {
  server = await startTestServer({ clientDir: await sharedClientPage() });
  browser = await launchBrowser({ webgpu: true });
  page = await browser.newPage();
  await page.goto(server.url);
  webGpu = await offersWebGpu(page);
});

beforeEach(({ skip }) => skip(!webGpu, "WebGPU, which this Chromium lacks"));

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe("WebGPU", () => {
  test(
    "gives WASM's masks; when its device is lost, prompts, undo and masks stay and the next mask is the same",
    async () => {
      const at = { imageId: server.running.studies[0]!.imageId, plane: "axial", slice: 40 } as const;
      const result = await page.evaluate(
        async ({ at, prompts }) => {
          const statuses: SegmenterStatus[] = [];
          const workers = [client.doomedWorker, client.blindWorker];
          const segmenter = await client.createSegmenter({
            server: location.origin,
            decode: "webgpu",
            worker: () => (workers.shift() ?? client.blindWorker)(),
            onStatus: (status) => statuses.push(status),
          });
          const { backend, reason } = await segmenter.ready();
          if (backend !== "webgpu") throw new Error(reason);
          const slice = await segmenter.embed(at);
          const reference = await client.shared("wasm");
          const segmentId = "1";
          let log = client.append(client.emptyLog(), {
            kind: "add-segment",
            segmentId,
            number: 1,
            name: "One",
            colour: "#ff0000",
          });
          const masks: SegmentMask[] = [];
          const agreement: number[] = [];
          for (const prompt of prompts) {
            log = client.append(log, { kind: "prompt", segmentId, at: slice, prompts: [prompt] });
            const [mask] = await segmenter.segment(slice, [prompt]);
            const [expected] = await reference.segment(slice, [prompt]);
            agreement.push(client.maskIou(mask, expected));
            masks.push(mask);
          }
          log = client.undo(log);
          const state = () => JSON.stringify({ log, masks: masks.map(({ data, ...mask }) => [mask, ...data]) });
          const before = state();

          new BroadcastChannel("doom").postMessage("destroy-device");
          await new Promise<void>((resolve) => {
            const stop = segmenter.onStatus(({ state, backend }) => {
              if (state !== "ready" || backend === "webgpu") return;
              stop();
              resolve();
            });
          });
          const [next] = await segmenter.segment(slice, prompts.slice(0, 1));
          return {
            backends: [...masks, next].map(({ backend }) => backend),
            agreement,
            unchanged: before === state(),
            nextIou: client.maskIou(next, masks[0]!),
            canRedo: client.canRedo(log),
            statuses: statuses.map(({ state, backend, reason }) => `${state} ${backend}: ${reason}`),
          };
        },
        { at, prompts: [CLICK, BOX] },
      );
      expect(result.backends).toEqual(["webgpu", "webgpu", "wasm"]);
      for (const iou of result.agreement) expect(iou).toBeGreaterThanOrEqual(0.99);
      expect(result.unchanged).toBe(true);
      expect(result.canRedo).toBe(true);
      expect(result.nextIou).toBeGreaterThanOrEqual(0.99);
      const said = [...new Set(result.statuses)];
      expect(said[0]).toBe("starting webgpu: WebGPU: starting.");
      expect(said[1]).toMatch(/^ready webgpu: WebGPU, .+\.$/);
      expect(said[2]).toMatch(/^recovering webgpu: WebGPU: .*destroyed.*\.$/i);
      expect(said[3]).toMatch(
        /^ready wasm: WASM, \d threads?\. No WebGPU: .*destroyed.*; then this browser offers no GPU\.$/i,
      );
    },
    SHADERS_MS,
  );

  test("of a software GPU is passed over unless it is asked for, and the status says so", async () => {
    const status = await page.evaluate(async () => {
      const segmenter = await client.createSegmenter({ server: location.origin });
      const status = await segmenter.ready();
      segmenter.close();
      return status;
    });
    expect(status).toMatchObject({ state: "ready", backend: "wasm" });
    expect(status.reason).toMatch(/No WebGPU: its only GPU is software\.$/);
  });
});
