/** What the server and its archives offer, opened from the page. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ctSlice, SERIES, STUDY, startArchive, type TestArchive } from "../server/archives/archive.ts";
import { pngOf } from "../server/image-support.ts";
import { launchBrowser } from "../support/browser.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { auditControls } from "./viewer-audit.ts";
import { builtViewer, openViewer, type Viewer } from "./viewer-page.ts";

let dir: string;
let archive: TestArchive;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "studies-"));
  const study = join(dir, "folder");
  await mkdir(join(study, "pictures"), { recursive: true });
  for (let series = 0; series < 9; series++) {
    for (let n = 0; n < 4 + (series === 0 ? 3 : 0); n++) {
      const { bytes } = ctSlice(n, { series: `1.2.3.${series + 1}`, study: "1.2.3", side: 64 });
      await writeFile(join(study, `${series}-${n}.dcm`), bytes);
    }
  }
  for (let n = 0; n < 3; n++) await writeFile(join(study, "pictures", `${n}.png`), pngOf(n, 48));
  archive = await startArchive(Array.from({ length: 6 }, (_, n) => ctSlice(n, { side: 64 })));
  server = await startTestServer({ clientDir: await builtViewer(), study, dicomweb: archive.root });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await archive?.close();
  await rm(dir, { recursive: true, force: true });
});

const sizeOf = (viewer: Viewer) => viewer.read((state) => state.image?.info.size);

/** Waits until an image of this size is shown. */
async function untilShown(viewer: Viewer, size: readonly number[]): Promise<void> {
  await expect.poll(() => sizeOf(viewer), { timeout: 60_000 }).toEqual(size);
  await viewer.ready();
}

test("a series of the folder is filtered, opened, and marked as open; pictures follow each other", async () => {
  const viewer = await openViewer(browser, server.url);
  const { page } = viewer;
  expect(await sizeOf(viewer)).toEqual([64, 64, 7]);
  await page.getByRole("button", { name: /^Studies/ }).click();
  await expect
    .poll(() =>
      page
        .locator("studies-dialog")
        .getByRole("button", { name: /^Open / })
        .count(),
    )
    .toBe(9);
  expect(await page.getByText("open now").count()).toBe(1);
  await expect.poll(() => page.locator("series-thumbnail img").count(), { timeout: 30_000 }).toBeGreaterThan(3);
  expect(await page.evaluate(auditControls)).toEqual([]);
  await page.getByRole("searchbox", { name: "Filter series" }).fill("png");
  await page
    .locator("studies-dialog")
    .getByRole("button", { name: /^Open / })
    .click();
  await untilShown(viewer, [48, 48, 1]);
  const first = await viewer.read((state) => state.image?.info.imageId);
  await page.keyboard.press(".");
  await expect.poll(() => viewer.read((state) => state.list?.index)).toBe(1);
  await viewer.ready();
  expect(await viewer.read((state) => state.image?.info.imageId)).not.toBe(first);
  expect(await page.getByRole("group", { name: "Pictures of the list" }).textContent()).toContain("2 of 3");
  await page.getByRole("button", { name: "Previous picture" }).click();
  await expect.poll(() => viewer.read((state) => state.image?.info.imageId)).toBe(first);
  expect(viewer.problems).toEqual([]);
  await page.context().close();
});

test("an archive is searched and its series opened, on a phone in light colours too", async () => {
  const viewer = await openViewer(browser, server.url, { viewport: { width: 390, height: 844 }, colorScheme: "light" });
  const { page } = viewer;
  await page.getByRole("button", { name: /^Studies/ }).click();
  await page.getByRole("radio", { name: "Archive" }).click();
  await expect.poll(() => page.getByRole("button", { name: /^Show the series/ }).count()).toBe(25);
  await page.getByRole("button", { name: "More studies" }).click();
  await expect.poll(() => page.getByRole("button", { name: /^Show the series/ }).count()).toBe(40);
  await page.getByRole("button", { name: "Show the series of CANARY 0", exact: true }).click();
  await expect.poll(() => page.locator("archive-list series-thumbnail img").count(), { timeout: 30_000 }).toBe(1);
  await page.getByRole("button", { name: "Phases and parts of CT" }).click();
  await page.getByText("It holds one image.").waitFor();
  await takeScreenshot(page, "parts");
  await page.getByRole("button", { name: "Open CT" }).click();
  await untilShown(viewer, [64, 64, 6]);
  expect(await viewer.read((state) => state.image?.name)).toBe("CT series of 6");
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
  expect(kept).not.toMatch(/CANARY|1\.2\.826/);
  expect(viewer.problems).toEqual([]);
  await page.context().close();
});

test("the list itself says why an archive gives nothing, and asks again when it is searched", async () => {
  archive.fault = (_request, response, url) => {
    if (!url.pathname.endsWith("/studies")) return false;
    response.writeHead(404).end();
    return true;
  };
  const viewer = await openViewer(browser, server.url, { viewport: { width: 1100, height: 720 } });
  const { page } = viewer;
  await page.getByRole("button", { name: /^Studies/ }).click();
  await page.getByRole("radio", { name: "Archive" }).click();
  const dialog = page.locator("studies-dialog");
  await dialog.getByText("The archive: there are no studies at this address.").waitFor();
  await takeScreenshot(page, "archive-at-a-wrong-root");
  archive.fault = undefined;
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect.poll(() => page.getByRole("button", { name: /^Show the series/ }).count()).toBe(25);
  expect(await dialog.getByText("The archive:").count()).toBe(0);
  await page.context().close();
});

test("a slice of a series shows while the rest comes, and takes neither clicks nor keys nor words", async () => {
  const viewer = await openViewer(browser, server.url);
  const { page } = viewer;
  const before = await viewer.read((state) => state.image?.info.imageId);
  let release = () => {};
  const hold = () => {
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    archive.fault = (_request, response, url) => {
      if (!url.pathname.endsWith(`/instances/${SERIES}.1`)) return false;
      void held.then(() => response.destroy());
      return true;
    };
  };
  const arriving = page.locator("arriving-picture");
  const words = page.locator("prompt-bar").getByRole("combobox");
  await words.click();
  const open = async () => {
    hold();
    await page.getByRole("button", { name: /^Studies/ }).click();
    await page.getByRole("radio", { name: "Archive" }).click();
    await page.getByRole("button", { name: "Show the series of CANARY 0", exact: true }).click();
    await page.getByRole("button", { name: "Open CT" }).click();
    await arriving.getByText("Preview: one slice of the series").waitFor();
    await arriving.getByText("Fetching from the archive: 5 of 6").waitFor();
  };
  await open();
  expect(await arriving.locator("img").evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(64);
  await takeScreenshot(page, "arriving");
  const bounds = await arriving.boundingBox();
  await page.mouse.click(bounds!.x + bounds!.width / 2, bounds!.y + bounds!.height / 2);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("b");
  await expect(words.click({ timeout: 500 })).rejects.toThrow();
  expect(await viewer.read(({ log, image, tool }) => [log.done.length, image?.slice, tool])).toEqual([0, 3, "point"]);
  expect(await page.evaluate(auditControls)).toEqual([]);
  await arriving.getByRole("button", { name: "Stop" }).click();
  await arriving.waitFor({ state: "hidden" });
  release();
  expect(await viewer.read((state) => [state.image?.info.imageId, state.loading])).toEqual([before, undefined]);
  await open();
  archive.fault = undefined;
  release();
  await untilShown(viewer, [64, 64, 6]);
  expect(await arriving.isHidden()).toBe(true);
  expect(viewer.problems).toEqual([]);
  await page.context().close();
});

test("`?StudyInstanceUIDs=` opens the images of the study", async () => {
  const viewer = await openViewer(browser, `${server.url}/?StudyInstanceUIDs=${STUDY}`);
  expect(await sizeOf(viewer)).toEqual([64, 64, 6]);
  await viewer.page.context().close();
});
