/** The two promises that matter most: a cut network costs no prompt at any step, and a day's work on many images is found again. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { dataPath } from "../support/data.ts";
import { saveExport } from "./viewer-export.ts";
import { type ViewerElement, viewerOn } from "./viewer-page.ts";
import { LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

const API = /\/v1\//;

const lost = (page: Page) => page.getByText("The server does not answer. Your prompts are kept.");

/** The prompts of the open image, as they stand in its log. */
const promptsOf = (page: Page) =>
  page.evaluate(() =>
    (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.flatMap((action) =>
      action.kind === "prompt" ? [JSON.stringify([action.at.slice, action.prompts])] : [],
    ),
  );

const masksThere = (page: Page, count: number) =>
  page.waitForFunction(
    (wanted) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === wanted,
    count,
    { timeout: 60_000 },
  );

test("the network is cut at every step of open, prompt, reload and export: each prompt is found again", async () => {
  const context = await stage.browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  let cut = true;
  await context.route(API, (route) => (cut ? route.abort("connectionrefused") : route.continue()));
  const page = await context.newPage();
  const viewer = viewerOn(page, []);
  const mend = async () => {
    cut = false;
    await lost(page).waitFor({ state: "detached", timeout: 30_000 });
    await viewer.ready();
  };

  // Open.
  await page.goto(stage.server.url);
  await lost(page).waitFor();
  await mend();

  // Prompt: while all is well, while encoding is cut, and after the decoder has its slice.
  await viewer.click(...LIVER);
  cut = true;
  const spleen = await viewer.at(...SPLEEN);
  await page.keyboard.press("n");
  await page.mouse.click(spleen.x, spleen.y);
  cut = false;
  await viewer.ready();
  await page.keyboard.press("PageDown");
  await viewer.shown();
  cut = true;
  const liver = await viewer.at(...LIVER);
  await page.mouse.click(liver.x, liver.y);
  expect(await promptsOf(page)).toHaveLength(3);
  await page.waitForTimeout(1500);
  expect(await promptsOf(page)).toHaveLength(3);
  cut = false;
  await viewer.ready();
  await masksThere(page, 3);
  const given = await promptsOf(page);

  // Reload.
  cut = true;
  await page.waitForTimeout(300);
  await page.reload();
  await lost(page).waitFor();
  await mend();
  expect(await promptsOf(page)).toEqual(given);

  // Export: the masks of the other slice are not there yet when the network goes.
  await page.reload();
  await viewer.shown();
  cut = true;
  await page.getByRole("button", { name: "Export", exact: true }).waitFor();
  const saving = saveExport(page, "COCO JSON");
  await page.waitForTimeout(2500);
  cut = false;
  const { files } = await saving;
  const coco = JSON.parse(new TextDecoder().decode(Object.values(files)[0]));
  expect(coco.annotations).toHaveLength(3);
  expect(await promptsOf(page)).toEqual(given);

  // Another tab, another day.
  await page.close();
  const again = await context.newPage();
  await again.goto(stage.server.url);
  await viewerOn(again, []).ready();
  expect(await promptsOf(again)).toEqual(given);
  await context.close();
});

/** Twenty images of all kinds: files, and folders that are series. */
const IMAGES = [
  "mr_dicom_t1w",
  "ct_dicom_gantry_tilt",
  "ct_dicom_j2k/series",
  "nifti/example_ct_sm.nii.gz",
  "nifti/example_mr_sm.nii.gz",
  "nifti/spleen2_ct.nii.gz",
  "dicom_zoo/pydicom+pydicom__MR_small_jp2klossless.dcm",
  "dicom_zoo/pydicom+pydicom__SC_rgb_rle.dcm",
  "dicom_zoo/cornerstonejs+dicomParser__CT0012.not_fragmented_no_bot_rle.dcm",
  "dicom_zoo/ImagingDataCommons+highdicom__dx_image.dcm",
  "endoscopy/Endoscopy-Multi-Organ-Disease_10242.png",
  "fundus/Foveal-Avascular-Zone_deep_238.png",
  "microscopy/0280fa8f60f6bcae.png",
  "microscopy/0287e7ee5b007c91.png",
  "pathology/Glomeruli_10063.png",
  "pathology/Oesophagus-Nucleus_32.png",
  "slices_png/SPIDER-T2W-Subset_1089_4.png",
  "ultrasound/Ultrasound-Liver_10042.png",
  "ultrasound/Kidney-Stone-Ultrasound_10118.png",
  "xray/0a7faa2a.jpg",
].map((name) => `tests/${name}`);

const there = IMAGES.flatMap((name) => dataPath(name) ?? []);

describe.skipIf(there.length < 20)("twenty images of all kinds", () => {
  test("with work in each, one after the other: the tab is closed, and all of it is found again", async () => {
    const { page } = stage.viewer;
    const done = new Map<string, string[]>();
    for (const path of there) {
      const before = await imageOn(page);
      await open(page, path);
      await page.waitForFunction(
        (id) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.imageId !== id,
        before,
        { timeout: 60_000 },
      );
      await stage.viewer.ready();
      const { width, height } = await stage.viewer.read((state) => state.image!.plane);
      await stage.viewer.click(Math.round(width * 0.4), Math.round(height * 0.45));
      done.set(await imageOn(page), await promptsOf(page));
    }
    expect(done.size).toBe(20);
    await page.close();

    const again = await stage.viewer.page.context().newPage();
    await again.goto(stage.server.url);
    const viewer = viewerOn(again, []);
    await viewer.ready();
    const [newest] = [...done.keys()].slice(-1);
    expect(await imageOn(again)).toBe(newest);
    await again.getByRole("button", { name: "Work: what is kept" }).click();
    const rows = again.locator("work-dialog li");
    await rows.nth(19).waitFor();
    await again.keyboard.press("Escape");
    for (const [imageId, prompts] of done) {
      if ((await imageOn(again)) !== imageId) {
        await again.getByRole("button", { name: "Work: what is kept" }).click();
        const row = rows.filter({ hasText: imageId.slice(7, 15) });
        await row.getByRole("button", { name: /^Open / }).click();
        await again.waitForFunction(
          (id) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.imageId === id,
          imageId,
        );
      }
      await viewer.ready();
      expect(await promptsOf(again)).toEqual(prompts);
      await masksThere(again, 1);
    }
  });
});

const imageOn = (page: Page) =>
  page.evaluate(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.imageId ?? "",
  );

async function open(page: Page, path: string) {
  const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : path;
  await page.getByLabel("Open image files").setInputFiles(files);
  // It may hold segments of the open image as well: the page asks.
  if (/\.nii(\.gz)?$/.test(path)) await page.getByRole("button", { name: "Open as image" }).click();
}
