/** Models that bring a text tower or a heat map by their manifests: in the browser's own decoder, and in the page. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePng } from "../../formats/index.ts";
import { dualModel, writeBrought, writeWithHeatMap } from "../support/brought-graphs.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { clientStage } from "../support/client-stage.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { builtViewer, openViewer, type Viewer } from "./viewer-page.ts";

/** In the page. */
declare const client: ClientPage;

const dir = await mkdtemp(join(tmpdir(), "brought-"));
await writeBrought(join(dir, "dual"), dualModel());
await writeWithHeatMap(join(dir, "warm"));
afterAll(() => rm(dir, { recursive: true, force: true }));

const stage = clientStage({ modelDirs: [join(dir, "dual"), join(dir, "warm")] });

test("a dual encoder's text tower runs in the browser, with its own tokenizer, and gives the server's mask", async () => {
  const found = await stage.page.evaluate(async (at) => {
    const open = (decode: "wasm" | "server") =>
      client.createSegmenter({ server: location.origin, model: "dual", decode });
    const [here, there] = await Promise.all([open("wasm"), open("server")]);
    const slice = await here.embed(at);
    const masks = await Promise.all(
      ["cat", "photo"].map(async (text) => {
        const prompts = [{ kind: "text" as const, text }];
        const [mine] = await here.segment(slice, prompts, { zoom: "never" });
        const [theirs] = await there.segment(slice, prompts, { zoom: "never" });
        const areas = [client.maskArea(mine), client.maskArea(theirs)];
        return { backend: mine.backend, iou: client.maskIou(mine, theirs), areas, presence: mine.presence };
      }),
    );
    here.close();
    there.close();
    return masks;
  }, stage.at);
  for (const { backend, iou, areas, presence } of found) {
    expect(backend).toBe("wasm");
    expect(iou).toBeGreaterThanOrEqual(0.99);
    expect(Math.min(...areas)).toBeGreaterThan(0);
    expect(presence).toBeGreaterThan(0.5);
  }
  expect(found[0]!.areas).not.toEqual(found[1]!.areas);
  expect(stage.errors).toEqual([]);
});

describe("a heat map in the page", () => {
  let server: TestServer;
  let viewer: Viewer;
  beforeAll(async () => {
    const clientDir = await builtViewer();
    server = await startTestServer({ clientDir, modelDirs: [join(dir, "warm")] });
    const bright = (at: number) => at >= 40 && at < 70;
    const data = Uint8Array.from({ length: 160 * 160 }, (_, n) =>
      bright(n % 160) && bright(Math.floor(n / 160)) ? 230 : 20,
    );
    await writeFile(join(dir, "square.png"), writePng({ width: 160, height: 160, channels: 1, data }));
    viewer = await openViewer(stage.browser, server.url);
  }, 300_000);
  afterAll(() => server?.close());

  const names = () =>
    viewer.read(({ log }) => log.done.flatMap((action) => (action.kind === "add-segment" ? [action.name] : [])));

  test("says where a phrase may be, and makes a mask only when the place is taken", async () => {
    const { page } = viewer;
    await page.getByLabel("Open image files").setInputFiles(join(dir, "square.png"));
    await expect.poll(() => viewer.read(({ image }) => image?.info.size[0]), { timeout: 60_000 }).toBe(160);
    await viewer.ready();
    const field = page.getByRole("combobox", { name: "Segment by name" });
    await field.fill("cat");
    await field.press("Enter");
    const place = page.getByRole("button", { name: /^Place 1 \(\d+ %\)$/ });
    await place.waitFor({ timeout: 60_000 });
    await page.getByText("“cat” may be here, by a heat map:").waitFor();
    expect(await names()).toEqual([]);
    await takeScreenshot(page, "heat-map");
    await place.click();
    await viewer.ready();
    expect(await names()).toEqual(["cat"]);
    const [mask] = await viewer.masks();
    expect(mask!.mask.data[55 * 160 + 55]).toBe(1);
    expect(mask!.mask.data[120 * 160 + 120]).toBe(0);
    await page.getByText(/was placed by a heat map/).waitFor();
    await takeScreenshot(page, "heat-map-taken");
    await page.keyboard.press("Control+z");
    expect(await names()).toEqual([]);
    expect(viewer.problems).toEqual([]);
  });
});
