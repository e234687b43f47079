/** An export holds every mask it says it holds, and says what it leaves out. */
import { gunzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createSegmenter } from "../../client/index.ts";
import { createMask, maskIou } from "../../core/mask/mask.ts";
import { saveExport } from "./viewer-export.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { inside, LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";
import { prompts } from "./viewer-work.ts";

const stage = viewerStage();

describe("export", () => {
  const coco = async (prepare?: (page: Page) => Promise<void>) => {
    const { files } = await saveExport(stage.viewer.page, "COCO JSON", prepare);
    return JSON.parse(new TextDecoder().decode(Object.values(files)[0])) as {
      annotations: { category_id: number }[];
      images: { file_name: string }[];
    };
  };

  test("right after a reload it waits for every mask, and holds all of them", async () => {
    const { page } = stage.viewer;
    for (let i = 0; i < 4; i++) {
      await stage.viewer.click(...LIVER);
      await page.keyboard.press("ArrowDown");
      await stage.viewer.ready();
    }
    const chains = await prompts(page);
    expect(chains).toBe(4);
    await page.reload();
    await page.getByRole("button", { name: "Export", exact: true }).waitFor();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.length > 0,
    );
    expect((await coco()).annotations).toHaveLength(4);
  });

  test("an archive that is prepared is saved without the server", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const { name } = await saveExport(page, "NIfTI labelmap", async () => {
      await page.getByText("1 segment, 1 mask.").waitFor();
      await page.route("**/assets/**", (route) => route.abort());
    });
    expect(name).toMatch(/\.zip$/);
    await page.unroute("**/assets/**");
  });

  test("a page whose server was updated meanwhile says that it wants a reload, and has its work after it", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const [mask] = await stage.viewer.masks();
    await page.route("**/assets/**", (route) => route.fulfill({ status: 404, body: "" }));
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await page.getByText("A part of this page could not be fetched").waitFor();
    await page.unroute("**/assets/**");
    await page.locator("export-dialog").getByRole("button", { name: "Reload" }).click();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement | null)?.app.store.state.masks.size === 1,
    );
    await stage.viewer.ready();
    expect((await stage.viewer.masks())[0]?.mask).toEqual(mask?.mask);
  });

  test("leaves hidden segments out unless the box says so, and says which", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("n");
    await stage.viewer.click(...SPLEEN);
    await page.getByRole("button", { name: "Hide Segment 1" }).click();
    const shown = await coco((dialog) => dialog.getByText("Left out, because hidden: Segment 1").waitFor());
    expect(shown.annotations.map(({ category_id }) => category_id)).toEqual([2]);
    const all = await coco((dialog) => dialog.getByLabel("Also the hidden segment").check());
    expect(all.annotations.map(({ category_id }) => category_id)).toEqual([1, 2]);
  });

  test("says what is covered and by how much before it writes", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("n");
    await stage.viewer.click(LIVER[0] + 2, LIVER[1] + 2);
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await page.getByRole("radio", { name: "NIfTI" }).check();
    await page.getByText(/Segment \d loses [\d,]+ voxels? \(\d+%\) to Segment \d\./).waitFor();
    await page.getByLabel("Where segments overlap").selectOption("separate");
    await page.getByText("holds overlapping segments as they are").waitFor();
  });

  test("refuses with the count when a mask cannot be computed", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.evaluate(() => {
      const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
      const [view] = store.state.masks.values();
      store.set({ masks: new Map(), failed: new Set([view!.chain]) });
    });
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await page.getByText("1 of 1 masks could not be computed").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await page.locator("export-dialog").getByRole("button", { name: "Try again" }).click();
    await page.getByText("1 segment, 1 mask.").waitFor();
  });

  test("holds an edited mask as it is on the screen, voxel by voxel", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const clicked = await stage.only();
    await page.keyboard.press("e");
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.click(x, y);
    const edited = await stage.only();
    expect(inside(edited, LIVER)).toBe(0);
    expect(edited.area).toBeLessThan(clicked.area);
    const { files } = await saveExport(page, "NIfTI");
    const [bytes] = Object.values(files);
    // NIfTI-1: the voxels begin at `vox_offset` (byte 108); the phantom's slices lie one after another.
    const nifti = gunzipSync(bytes!);
    const { width, height, data } = edited.mask;
    const start = nifti.readFloatLE(108) + edited.slice * width * height;
    const voxels = nifti.subarray(start, start + width * height);
    expect([...voxels].map((value) => Number(value > 0))).toEqual([...data]);
    expect(nifti.subarray(nifti.readFloatLE(108)).filter((value) => value > 0)).toHaveLength(edited.area);
  });

  test("holds of each mask what the package gives any host for the same log", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("ArrowDown");
    await stage.viewer.ready();
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("ArrowDown");
    await stage.viewer.ready();
    await page.keyboard.press("d");
    await stage.viewer.drag([LIVER, SPLEEN]);
    const { log, kept, exported } = await page.evaluate(exportedOf);
    const segmenter = await createSegmenter({ server: stage.server.url, decode: "server" });
    const imageId = await stage.viewer.read((state) => state.image!.info.imageId);
    const masks = new Map(kept);
    const given = await segmenter.segmentation(log, imageId, { kept: async (digest) => masks.get(digest)! });
    segmenter.close();
    const said = given.masks.map(({ mask, predictedIou, ...rest }) => [rest, predictedIou !== undefined]);
    expect(exported.map(({ pixels: _, predictedIou, ...rest }) => [rest, predictedIou !== undefined])).toEqual(said);
    expect(exported.map(({ origin }) => origin)).toEqual(["prompted", "prompted", "edited"]);
    for (const [n, { pixels, predictedIou }] of exported.entries()) {
      const { width, height } = given.masks[n]!.mask;
      const mask = createMask(width, height, Uint8Array.from(pixels, Number));
      expect(maskIou(mask, given.masks[n]!.mask)).toBeGreaterThan(0.99);
      if (predictedIou !== undefined) expect(predictedIou).toBeCloseTo(given.masks[n]!.predictedIou!, 2);
    }
  });
});

/** Runs in the page: its log, the masks that stand in it, and what it is about to write; pixels as text of 0 and 1. */
async function exportedOf() {
  const { app } = document.querySelector("viewer-app") as ViewerElement;
  const choice = { format: "nifti", overlap: "smaller", hidden: true, deidentify: false } as const;
  const { segmentation } = await app.exports.prepare(choice, new AbortController().signal);
  const { log } = app.store.state;
  const digests = log.done.flatMap((action) => (action.kind === "masks" ? action.masks.map(({ mask }) => mask) : []));
  const kept = await Promise.all(digests.map(async (digest) => [digest, await app.keeper.mask(digest)] as const));
  const exported = segmentation.masks.map(({ mask, ...rest }) => ({ ...rest, pixels: mask.data.join("") }));
  return { log, kept, exported };
}
