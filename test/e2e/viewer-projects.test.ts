/** Work is handed over as a project, which opens in another browser. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { takeScreenshot } from "../support/screenshots.ts";
import { type ViewerElement, viewerOn } from "./viewer-page.ts";
import { inside, viewerStage } from "./viewer-stage.ts";
import { named, openDialog, openFile, PICTURE, prompts } from "./viewer-work.ts";

const stage = viewerStage();

/** A picture with a click in it, under a name. */
async function workOnPicture(name: string): Promise<void> {
  const { page } = stage.viewer;
  await openFile(page, PICTURE);
  await named(page, "disc.png");
  await stage.viewer.ready();
  await stage.viewer.click(60, 45);
  await page.getByLabel("Name of segment 1").fill(name);
  await page.keyboard.press("Enter");
}

/** The name that the open dialog suggests for the file. */
async function saveProject(page: Page, path: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save project", exact: true }).click(),
  ]);
  await download.saveAs(path);
  return download.suggestedFilename();
}

describe("a project", () => {
  test("is saved, and opens in another browser before or after its image", async () => {
    const { page } = stage.viewer;
    await workOnPicture("Disc");
    const path = join(stage.scratch, "project.json");
    await openDialog(page);
    expect(await saveProject(page, path)).toMatch(/^disc\.png_[0-9a-f]{8}\.promptomy\.json$/);

    const other = await stage.browser.newContext();
    const fresh = await other.newPage();
    await fresh.goto(stage.server.url);
    const viewer = viewerOn(fresh, []);
    await viewer.ready();
    // The server has the image, so that it opens with its work.
    await openFile(fresh, path);
    await named(fresh, "disc.png");
    await viewer.ready();
    expect(await fresh.getByLabel("Name of segment 1").inputValue()).toBe("Disc");
    expect(inside((await viewer.masks())[0]!, [60, 45])).toBe(1);
    // Again, over the image that is open: nothing is doubled, and no image is asked for.
    await openFile(fresh, path);
    await fresh.getByText(/^Project opened: disc\.png \([0-9a-f]{8}\)\.$/).waitFor();
    expect(await prompts(fresh)).toBe(1);
    await other.close();
  });
});

describe("a project without anything that tells of a person", () => {
  test("is laid on the open image of its size, and on no other", async () => {
    const { page } = stage.viewer;
    await workOnPicture("Mr Smith");
    await openDialog(page);
    await page.getByLabel("Take out what tells of a person").check();
    await takeScreenshot(page, "project");
    const path = join(stage.scratch, "nobody.json");
    expect(await saveProject(page, path)).toBe("promptomy-work.promptomy.json");
    expect(await readFile(path, "utf8")).not.toMatch(/smith|disc\.png/i);

    const other = await stage.browser.newContext();
    const fresh = await other.newPage();
    await fresh.goto(stage.server.url);
    const viewer = viewerOn(fresh, []);
    await viewer.ready();
    await openFile(fresh, path);
    await fresh.getByText(/it names no image; open the image of 120 × 90 × 1/).waitFor();
    expect(await prompts(fresh)).toBe(0);
    await openFile(fresh, PICTURE);
    await named(fresh, "disc.png");
    await viewer.ready();
    await openFile(fresh, path);
    await fresh.getByText("Project opened").waitFor();
    await viewer.ready();
    expect(await fresh.getByLabel("Name of segment 1").inputValue()).toBe("Segment 1");
    expect(inside((await viewer.masks())[0]!, [60, 45])).toBe(1);
    await other.close();
  });
});

describe("a project whose image is nowhere yet", () => {
  test("is kept, and its work is there once the image is opened", async () => {
    const { page } = stage.viewer;
    await openFile(page, PICTURE);
    await named(page, "disc.png");
    await stage.viewer.ready();
    await stage.viewer.click(60, 45);
    const { imageId } = await stage.viewer.read((state) => state.image!.info);
    const project = await page.evaluate(() =>
      (document.querySelector("viewer-app") as ViewerElement).app.keeper.projectFile(),
    );
    const other = await stage.browser.newContext();
    const fresh = await other.newPage();
    await fresh.route(`**/v1/images/${imageId}`, (route) =>
      route.fulfill({
        status: 404,
        contentType: "application/problem+json",
        body: JSON.stringify({ status: 404, code: "ImageNotFound", info: { imageId } }),
      }),
    );
    await fresh.goto(stage.server.url);
    const viewer = viewerOn(fresh, []);
    await viewer.ready();
    await openFile(fresh, {
      name: project!.name,
      mimeType: "application/json",
      buffer: Buffer.from(project!.text),
    });
    await fresh.getByText("Project opened: disc.png").waitFor();
    expect(await prompts(fresh)).toBe(0);
    await openDialog(fresh);
    await fresh.getByRole("button", { name: "Open disc.png" }).click();
    await fresh.getByText("The server does not have this image any more.").waitFor();
    await fresh.keyboard.press("Escape");
    await openFile(fresh, PICTURE);
    await named(fresh, "disc.png");
    await viewer.ready();
    expect(await prompts(fresh)).toBe(1);
    expect(inside((await viewer.masks())[0]!, [60, 45])).toBe(1);
    await other.close();
  });
});
