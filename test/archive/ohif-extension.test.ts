/** Our extension in stock OHIF on Orthanc, by `app-config.js` alone; its masks against the server's, and through OHIF's own SEG. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HostPrompt, paint, placeMask, promptOf } from "../../client/viewer/index.ts";
import type { Window } from "../../core/image/volume.ts";
import { type Mask, maskDice } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImageDescription, MaskResponse } from "../../core/wire/index.ts";
import { buildOhifExtension, ohifExtension, scripts } from "../../scripts/ohif-extension.mjs";
import { launchBrowser } from "../support/browser.ts";
import { dataPath, needsData, repositoryRoot } from "../support/data.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { type Served, startTestServer, type TestServer } from "../support/serve.ts";
import { needsOhif, type OhifSite, serveOhif } from "./ohif.ts";
import { addSegment, labelsIn, openStudy, placeAt, showPlanes, until } from "./ohif-page.ts";
import { needsOrthanc, type Orthanc, startOrthanc, withUids } from "./orthanc.ts";

const STUDY = "1.2.826.0.1.3680043.10.3";
const SERIES = `${STUDY}.1`;
const SLICES = "tests/ct_dicom_j2k/series";
const COUNT = 20;

/** Of `window` in OHIF's page. */
declare const commandsManager: { run(command: string, options: object): Promise<unknown> };
declare const services: {
  segmentationService: {
    getSegmentations(): { segmentationId: string }[];
    removeSegment(segmentationId: string, segment: number): void;
    setActiveSegment(segmentationId: string, segment: number): void;
  };
};

/** Bytes as sent, gzip; the decoder's worker and its runtime come with the first prompt. */
const BUDGETS = { "index.js": 40_000, "index.umd.js": 40_000, "mode.js": 1000, "mode.umd.js": 1000 };

describe("ohif-extension-promptomy in stock OHIF 3.13", { ...needsData(SLICES), ...needsOrthanc, ...needsOhif }, () => {
  const config = { extensions: ["/promptomy/index.js"], modes: ["/promptomy/mode.js"] };
  const added: OhifSite = { folders: { promptomy: ohifExtension }, config };
  const errors: string[] = [];
  let [orthanc, server, site, browser, page] = [] as unknown as [Orthanc, TestServer, Served, Browser, Page];
  /** What the page asks the server to encode. */
  let windows: (Window | null)[] = [];

  beforeAll(async () => {
    await buildOhifExtension();
    orthanc = await startOrthanc();
    const dir = dataPath(SLICES) ?? "";
    for (const [n, name] of readdirSync(dir).sort().entries()) {
      const bytes = new Uint8Array(readFileSync(join(dir, name)));
      await orthanc.upload(withUids(bytes, { study: STUDY, series: SERIES, instance: `${SERIES}.${n + 1}` }));
    }
    site = await serveOhif(orthanc.root, added);
    server = await startTestServer({
      ...{ modelDirs: [join(repositoryRoot, "models/default")], dicomweb: orthanc.root },
      corsOrigins: [new URL(site.url).origin],
    });
    added.config = { ...config, promptomy: { server: server.url } };
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on("pageerror", (error) => errors.push(String(error.stack)));
    page.on("request", (request) => {
      if (/\/embeddings$/.test(request.url()) && request.method() === "POST")
        windows.push(request.postDataJSON().window ?? null);
    });
    await openStudy(page, `${site.url}/promptomy?StudyInstanceUIDs=${STUDY}`, COUNT);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
    await orthanc?.close();
  });

  const button = (name: string) => page.locator(`[data-cy="Promptomy${name}"]`);
  const panel = () => page.locator("promptomy-ohif-panel");
  const screenshot = async (name: string) => {
    await takeScreenshot(page, name);
  };

  /** The same prompt on the same series, which the server fetches from the archive itself. */
  async function servers(given: HostPrompt) {
    const post = async (path: string, body: object) => {
      const headers = { "Content-Type": "application/json" };
      return (await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
    };
    const { imageId } = await post("/v1/images", { dicomweb: { study: STUDY, series: SERIES } });
    const image: ImageDescription = await (await fetch(`${server.url}/v1/images/${imageId}?source=true`)).json();
    const { at, prompt } = promptOf(image, given);
    const { plane, slice } = at;
    const order = { imageId, plane, slice, window: windows.at(-1), prompts: [prompt] };
    const { masks }: MaskResponse = await post("/v1/masks", order);
    const placed = placeMask(image, decodeRle(masks[0]!.rle), { plane, slice });
    const instances = image.source!.slices.map(({ sopInstanceUid }) => sopInstanceUid);
    return { image, placed, instances };
  }

  const maskOf = (data: readonly number[] = [], segment: number): Mask => ({
    ...{ width: 512, height: 512, data: Uint8Array.from(data, (value) => +(value === segment)) },
  });

  test("stays within its budget, and is an extension and a mode to whoever bundles it", async () => {
    const { default: extension, mode } = await import(/* @vite-ignore */ join(ohifExtension, "index.js"));
    expect([extension.id, mode.id]).toEqual(["ohif-extension-promptomy", "ohif-mode-promptomy"]);
    const sizes = new Map(scripts().map(({ name, gzip }) => [name, gzip]));
    for (const [name, most] of Object.entries(BUDGETS)) expect(sizes.get(name), name).toBeLessThanOrEqual(most);
  });

  test("a click gives the server's mask on the slice that is shown, and there alone", async () => {
    for (let n = 0; n < 6; n++) await page.keyboard.press("ArrowDown");
    await page.waitForTimeout(500);
    await page.keyboard.press("p");
    const at = await placeAt(page, [0.34, 0.5]);
    await until(page, () => page.mouse.click(...at.screen));
    const expected = await servers({ kind: "point", at: { space: "lps", ...at } });
    const { slices } = await labelsIn(page);
    expect(Object.keys(slices)).toEqual([at.instance]);
    expect(expected.instances[expected.placed.slice]).toBe(at.instance);
    expect(maskDice(maskOf(slices[at.instance], 1), expected.placed)).toBeGreaterThanOrEqual(0.995);
    await screenshot("ohif-click");
  });

  test("a box does the same for another segment, and OHIF takes it back", async () => {
    await addSegment(page);
    await page.keyboard.press("b");
    const [from, to] = [await placeAt(page, [0.56, 0.48]), await placeAt(page, [0.78, 0.76])];
    await page.mouse.move(...from.screen);
    await page.mouse.down();
    await page.mouse.move(...to.screen, { steps: 6 });
    await until(page, () => page.mouse.up());
    const ends = { from: { space: "lps", ...from }, to: { space: "lps", ...to } } as const;
    const { placed } = await servers({ kind: "box", ...ends });
    const { slices } = await labelsIn(page);
    expect(maskDice(maskOf(slices[from.instance], 2), placed)).toBeGreaterThanOrEqual(0.995);
    await button("Undo").click();
    await expect.poll(async () => new Set((await labelsIn(page)).slices[from.instance])).toEqual(new Set([0, 1]));
  });

  test("a name fills the segment and names it", async () => {
    await page.keyboard.press("t");
    await page.keyboard.type("spleen"); // its letters are keys of OHIF's
    await until(page, () => page.keyboard.press("Enter"));
    const { names, slices } = await labelsIn(page);
    expect(names).toEqual(["Segment 1", "spleen"]);
    expect(Object.values(slices)[0]?.filter((value) => value === 2).length).toBeGreaterThan(1000);
    await panel().getByLabel("Name of an organ").fill("sploon");
    await panel().getByRole("button", { name: "Segment" }).click();
    await expect.poll(() => panel().getByRole("alert").textContent()).toMatch(/not known/);
  });

  test("a segment that takes the number of a deleted one begins anew", async () => {
    const at = await placeAt(page, [0.51, 0.61]);
    const promptThird = async () => {
      await addSegment(page);
      await page.evaluate((point) => commandsManager.run("promptomy.addPoint", { at: point }), { space: "lps", ...at });
      return (await labelsIn(page)).slices[at.instance]?.filter((value) => value === 3).length;
    };
    const first = await promptThird();
    expect(first).toBeGreaterThan(50);
    await page.evaluate(() => {
      const { segmentationService } = services;
      segmentationService.removeSegment(segmentationService.getSegmentations()[0]!.segmentationId, 3);
    });
    await expect.poll(async () => (await labelsIn(page)).slices[at.instance]?.includes(3)).toBe(false);
    expect(await promptThird()).toBe(first);
    await page.evaluate(() => {
      const { segmentationService } = services;
      const [{ segmentationId }] = segmentationService.getSegmentations() as [{ segmentationId: string }];
      segmentationService.removeSegment(segmentationId, 3);
      segmentationService.setActiveSegment(segmentationId, 2);
    });
  });

  test("propagation fills the slices on both sides, OHIF stores them as SEG, and shows them after a reload", async () => {
    await page.keyboard.press("Escape");
    await panel().getByLabel("Slices each way").fill("2");
    await until(page, () => panel().getByRole("button", { name: "Propagate" }).click());
    const before = await labelsIn(page);
    expect(Object.keys(before.slices)).toHaveLength(5);
    await screenshot("ohif-propagated");

    await storeSeg(page);
    await expect.poll(() => stored(orthanc), { timeout: 30_000 }).toBe(1);
    await openStudy(page, `${site.url}/promptomy?StudyInstanceUIDs=${STUDY}`, COUNT);
    expect((await labelsIn(page)).slices).toEqual({});
    await page.getByText("Segmentation 1").first().dblclick();
    await page.getByRole("button", { name: "Yes" }).click();
    await expect.poll(async () => Object.keys((await labelsIn(page)).slices).length).toBe(5);
    expect(await labelsIn(page)).toEqual(before);
    await screenshot("ohif-reloaded");
    expect(errors).toEqual([]);
  });

  test("clicks in coronal and sagittal views lie in their planes", async () => {
    await openStudy(page, `${site.url}/promptomy?StudyInstanceUIDs=${STUDY}`, COUNT);
    await showPlanes(page);
    await button("MarkerInclude").click();
    const expected = new Uint8Array(512 * 512 * COUNT);
    let [instances, planes] = [[], []] as [string[], string[]];
    for (const view of ["mpr-coronal", "mpr-sagittal"]) {
      await page.mouse.click(...(await placeAt(page, [0.45, 0.9], view)).screen); // OHIF keeps the press that makes a pane active
      await page.waitForTimeout(500);
      const at = await placeAt(page, [0.45, 0.5], view);
      await until(page, () => page.mouse.click(...at.screen));
      const answer = await servers({ kind: "point", at: { space: "lps", ...at } });
      paint(answer.placed, { ...answer.image, voxels: expected }, 1);
      ({ instances } = answer);
      planes = [...planes, answer.placed.plane];
    }
    expect(planes).toEqual(["coronal", "sagittal"]);
    const { slices } = await labelsIn(page);
    const found = instances.flatMap((instance) => slices[instance] ?? Array<number>(512 * 512).fill(0));
    const flat = { width: 512, height: 512 * COUNT };
    const dice = maskDice({ ...flat, data: Uint8Array.from(found) }, { ...flat, data: expected });
    expect(expected.includes(1)).toBe(true);
    expect(dice).toBeGreaterThanOrEqual(0.995);
    await screenshot("ohif-planes");
  });

  test("as UMD with its hash it stands in its own mode and in OHIF's", async () => {
    const tags = scripts()
      .filter(({ name }) => name.endsWith(".umd.js"))
      .map(({ name, integrity }) => `<script src="/promptomy/${name}" integrity="${integrity}" crossorigin></script>`);
    added.before = `document.write(${JSON.stringify(tags.join("")).replaceAll("</", "<\\/")});`;
    added.after = `const all = window.config;
      window.config = () => ({ ...all, extensions: [window["ohif-extension-promptomy"]], modes: [window["ohif-mode-promptomy"]] });`;
    await openStudy(page, `${site.url}/promptomy?StudyInstanceUIDs=${STUDY}`, COUNT);
    expect(await panel().count()).toBe(1);
    await openStudy(page, `${site.url}/viewer?StudyInstanceUIDs=${STUDY}`, COUNT);
    await page.getByText("Skip all").click({ timeout: 90_000 });
    windows = [];
    await button("MarkerInclude").click();
    const at = await placeAt(page, [0.4, 0.5]);
    await page.mouse.click(...at.screen);
    await expect
      .poll(async () => Object.keys((await labelsIn(page)).slices), { timeout: 120_000 })
      .toEqual([at.instance]);
    await screenshot("ohif-umd");
    expect(errors).toEqual([]);
  });
});

/** As a user does it: the menu of the labelmap, export, DICOM SEG, save. */
async function storeSeg(page: Page): Promise<void> {
  const name = await page.getByText("Segmentation 1", { exact: true }).first().boundingBox();
  await page.mouse.click(name!.x - 28, name!.y + name!.height / 2);
  await page.getByRole("menuitem", { name: "Export" }).hover();
  await page.getByRole("menuitem", { name: "DICOM SEG" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
}

/** Series of segmentations in the archive. */
async function stored({ root }: Orthanc): Promise<number> {
  const answer = await fetch(`${root}/studies/${STUDY}/series?Modality=SEG`, {
    headers: { Accept: "application/dicom+json" },
  });
  return ((await answer.json()) as unknown[]).length;
}
