/** The screen is true: pixels, number and warnings belong together or are blank. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createMask } from "../../core/mask/mask.ts";
import { writeMaskPng } from "../../formats/index.ts";
import { dataPath } from "../support/data.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { LIVER, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

const SLICES = /\/slices\/axial\//;
const API = /\/v1\//;

const picture = {
  name: "shot.png",
  mimeType: "image/png",
  buffer: Buffer.from(writeMaskPng(createMask(80, 60, new Uint8Array(4800).fill(1)))),
};

/** Is anything painted on the canvas? */
const painted = (page: Page) =>
  page.evaluate(() => {
    const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
    const canvas = shadowRoot!.querySelector("image-stage")!.shadowRoot!.querySelector("canvas")!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
  });

const promptCount = () => stage.viewer.read((state) => state.log.done.filter(({ kind }) => kind === "prompt").length);

describe("the slice", () => {
  test("is blank and inert until its pixels and its number agree", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(SLICES, async (route) => {
      await gate;
      await route.continue();
    });
    await page.keyboard.press("PageDown");
    await page.getByText(/^Loading slice \d+/).waitFor();
    await page.waitForTimeout(100);
    expect(await painted(page)).toBe(false);
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.click(x, y);
    await page.keyboard.press("t");
    await page.keyboard.type("liver");
    await page.keyboard.press("Enter");
    expect(await promptCount()).toBe(1);
    release();
    await stage.viewer.ready();
    expect(await painted(page)).toBe(true);
    expect(await promptCount()).toBe(1);
  });

  test("keeps a click that waits for its own slice alone", async () => {
    const { page } = stage.viewer;
    const slice = await stage.viewer.read((state) => state.image!.slice);
    await page.keyboard.press("PageDown");
    await stage.viewer.shown();
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.click(x, y);
    await page.keyboard.press("PageUp");
    await stage.viewer.ready();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 1,
    );
    expect((await stage.only()).slice).toBe(slice + 10);
  });
});

describe("a server that is gone", () => {
  test("is said, prompts are kept, and all goes on by itself when it is back", async () => {
    const { page } = stage.viewer;
    await page.route(API, (route) => route.abort());
    await page.keyboard.press("PageDown");
    await page.getByText("The server does not answer. Your prompts are kept.").waitFor();
    expect(await painted(page)).toBe(false);
    expect(await page.locator("toast-stack .toast").count()).toBe(0);
    await page.unroute(API);
    await stage.viewer.ready();
    expect(await page.getByText("The server does not answer").count()).toBe(0);
    expect(await painted(page)).toBe(true);
  });
});

describe("a failure", () => {
  test("ends with its cause, does not pile up, and does not outlive its image", async () => {
    const { page } = stage.viewer;
    await page.route("**/embeddings", (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({ status: 503, code: "Saturated", info: { retryAfterS: 1 } }),
      }),
    );
    const toasts = page.locator("toast-stack .toast");
    await page.keyboard.press("PageDown");
    await page.getByText("Saturated").waitFor();
    await page.keyboard.press("PageDown");
    await page.getByText("Saturated").waitFor();
    expect(await toasts.count()).toBe(1);
    const image = (await page.locator("image-stage").boundingBox())!;
    const toast = (await toasts.boundingBox())!;
    expect(toast.x >= image.x + image.width - 1 || toast.y >= image.y + image.height - 1).toBe(true);
    await page.unroute("**/embeddings");
    await page.keyboard.press("PageUp");
    await stage.viewer.ready();
    expect(await toasts.count()).toBe(0);
    await page.getByLabel("Open image files").setInputFiles({
      name: "broken.dcm",
      mimeType: "application/octet-stream",
      buffer: Buffer.from("nothing"),
    });
    await page.getByText("broken.dcm could not be opened.").waitFor();
    await page.locator("toast-stack").getByRole("button", { name: "Dismiss" }).click();
    expect(await toasts.count()).toBe(0);
    await page.getByLabel("Open image files").setInputFiles({
      name: "broken.dcm",
      mimeType: "application/octet-stream",
      buffer: Buffer.from("nothing"),
    });
    await page.getByText("broken.dcm could not be opened.").waitFor();
    await page.getByLabel("Open image files").setInputFiles(picture);
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.name === "shot.png",
    );
    expect(await toasts.count()).toBe(0);
  });

  test("picking only files that are no images says so", async () => {
    const { page } = stage.viewer;
    await page
      .getByLabel("Open image files")
      .setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    await page.getByText("No image among this file: notes.txt.").waitFor();
  });
});

describe("opening", () => {
  test("warnings of the reader stand in the page until they are read", async () => {
    const { page } = stage.viewer;
    await page.route("**/v1/images", async (route) => {
      const response = await route.fetch();
      const info = await response.json();
      await route.fulfill({ response, json: { ...info, warnings: ["Slices are not evenly spaced."] } });
    });
    await page.getByLabel("Open image files").setInputFiles(picture);
    const warning = page.getByText("Slices are not evenly spaced.");
    await warning.waitFor();
    expect(await warning.isVisible()).toBe(true);
    await page.getByRole("button", { name: "Understood" }).click();
    expect(await warning.count()).toBe(0);
  });

  test("leaves the keys to the image: shortcuts work at once", async () => {
    const { page } = stage.viewer;
    await page.getByLabel("Open image files").focus();
    await page.getByLabel("Open image files").setInputFiles(picture);
    await stage.viewer.ready();
    await page.keyboard.press("b");
    expect(await stage.viewer.read((state) => state.tool)).toBe("box");
    await page.getByLabel("Open image files").focus();
    await page.keyboard.press("l");
    expect(await stage.viewer.read((state) => state.tool)).toBe("lasso");
  });

  test("the kind of a picture can be set, decides what prompts mean, and is kept", async () => {
    const { page } = stage.viewer;
    await page.getByLabel("Open image files").setInputFiles(picture);
    await page.getByLabel("Kind of image").selectOption("US");
    await stage.viewer.ready();
    await stage.viewer.click(40, 30);
    await page.waitForTimeout(700);
    await page.reload();
    await stage.viewer.ready();
    expect(await page.getByLabel("Kind of image").inputValue()).toBe("US");
    expect(await stage.viewer.read((state) => state.image?.modality)).toBe("US");
  });
});

describe.skipIf(!dataPath("tests/slices_png"))("a real picture", () => {
  test("says no kind of its own", async () => {
    const { page } = stage.viewer;
    await page.getByLabel("Open image files").setInputFiles(dataPath("tests/slices_png/SPIDER-T2W-Subset_1089_4.png")!);
    await page.getByLabel("Kind of image").waitFor();
  });
});
