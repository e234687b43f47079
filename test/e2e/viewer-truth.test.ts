/** The screen is true: pixels, number, masks and warnings belong together or are blank; what is said is so. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createMask } from "../../core/mask/mask.ts";
import { fillPolygon } from "../../core/mask/polygon.ts";
import { writeMaskPng } from "../../formats/index.ts";
import { dataPath } from "../support/data.ts";
import { openViewer, type ViewerElement } from "./viewer-page.ts";
import { inside, LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";

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
    await page.getByText("This could not be opened.").waitFor();
    await page.locator("toast-stack").getByRole("button", { name: "Dismiss" }).click();
    expect(await toasts.count()).toBe(0);
    await page.getByLabel("Open image files").setInputFiles({
      name: "broken.dcm",
      mimeType: "application/octet-stream",
      buffer: Buffer.from("nothing"),
    });
    await page.getByText("This could not be opened.").waitFor();
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

describe("what is said of masks", () => {
  test("a mask that the model hardly believes in is doubtful: in the list, on the image, in its outline", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.evaluate(() => {
      const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
      const doubt = <M extends object>(mask: M) => ({ ...mask, predictedIou: 0.12 });
      const masks = [...store.state.masks].map(([key, view]) => {
        return [key, { ...view, candidates: view.candidates.map(doubt) }] as const;
      });
      store.set({ masks: new Map(masks) });
    });
    await page.getByText("Doubtful: the model gives this mask 12%").waitFor();
    expect(await page.locator("segment-row").getByText("doubtful").count()).toBe(1);
  });

  test("a preview that cannot be shown says why", async () => {
    const { page } = stage.viewer;
    await page.evaluate(() => {
      const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
      store.set({ engine: { ...store.state.engine!, ms: 140, state: "ready", backend: "wasm" } });
    });
    await page.getByText("Not shown: a mask takes 140 ms here, previews need 80 ms.").waitFor();
    await page.evaluate(() => {
      const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
      store.set({ engine: { ...store.state.engine!, ms: 20, state: "ready", backend: "wasm" } });
    });
    await page.keyboard.press("b");
    await page.getByText("Shown with the point tool only.").waitFor();
    await page.keyboard.press("p");
    expect(await page.locator(".obstacle").count()).toBe(0);
  });

  test("no pixel lies outside of a lasso", async () => {
    const { page } = stage.viewer;
    const corners = [
      [195, 85],
      [215, 85],
      [215, 115],
      [195, 115],
    ] as const;
    await page.keyboard.press("l");
    await stage.viewer.drag([...corners, [195, 87]]);
    const { mask } = await stage.only();
    const [drawn] = await stage.viewer.read((state) =>
      state.log.done.flatMap((action) => ("prompts" in action ? action.prompts : [])),
    );
    expect(drawn?.kind).toBe("lasso");
    if (drawn?.kind !== "lasso") return;
    const area = fillPolygon(drawn.points, mask.width, mask.height);
    expect(mask.data.some((value, n) => value === 1 && area.data[n] === 0)).toBe(false);
  });

  test("a double click is one click", async () => {
    const { page } = stage.viewer;
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.dblclick(x, y);
    await stage.viewer.ready();
    expect(await promptCount()).toBe(1);
    expect(inside(await stage.only(), LIVER)).toBe(1);
  });

  test("a box one pixel high is a box", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("b");
    await stage.viewer.drag([
      [60, 90],
      [110, 90],
    ]);
    expect(await promptCount()).toBe(1);
  });
});

describe("controls", () => {
  test("an emptied name comes back", async () => {
    await stage.viewer.click(...LIVER);
    const field = stage.viewer.page.getByLabel("Name of segment 1");
    await field.fill("");
    await stage.viewer.page.keyboard.press("Enter");
    expect(await field.inputValue()).toBe("Segment 1");
  });

  test("every shortcut can be done by a button of the help", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const commands = await page.evaluate(() => {
      const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
      return shadowRoot!.querySelector("help-dialog")!.shadowRoot!.querySelectorAll(".row button.run").length;
    });
    expect(commands).toBeGreaterThan(30);
    const press = async (name: string) => {
      await page.keyboard.press("?");
      await page.getByRole("button", { name: `Do it: ${name}`, exact: true }).click();
    };
    await press("Box tool; with the crosshair: corner");
    expect(await stage.viewer.read((state) => state.tool)).toBe("box");
    await press("10 slices on");
    await press("10 slices back");
    await stage.viewer.ready();
    await press("Clear this mask");
    expect(await stage.viewer.masks()).toEqual([]);
    await press("Crosshair for the keyboard");
    expect(await stage.viewer.read((state) => state.cursor !== undefined)).toBe(true);
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await stage.viewer.read((state) => state.cursor)).toBeUndefined();
  });

  test("segments are put in order, and locked ones begin a new one", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("n");
    await stage.viewer.click(...SPLEEN);
    await page.getByRole("button", { name: "Move Segment 2 up" }).click();
    const order = () =>
      page.getByLabel(/^Name of segment/).evaluateAll((fields) => fields.map((f) => (f as HTMLInputElement).value));
    expect(await order()).toEqual(["Segment 2", "Segment 1"]);
    await page.getByRole("button", { name: "Lock Segment 2" }).click();
    await stage.viewer.click(SPLEEN[0] + 4, SPLEEN[1]);
    expect(await order()).toEqual(["Segment 2", "Segment 1", "Segment 3"]);
  });
});

describe("looks", () => {
  test("on a phone nothing lies over the slice's number", async () => {
    const phone = await openViewer(stage.browser, stage.server.url, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const number = (await phone.page.locator("image-stage .slice").boundingBox())!;
    const hint = (await phone.page.locator("image-stage .hint").boundingBox())!;
    const apart = hint.y >= number.y + number.height || hint.x >= number.x + number.width;
    expect(apart).toBe(true);
    expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await phone.page.context().close();
  });

  test("follows the system's light theme, with the image on black", async () => {
    const light = await openViewer(stage.browser, stage.server.url, { colorScheme: "light" });
    const colours = await light.page.evaluate(() => {
      const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
      const of = (name: string) => getComputedStyle(shadowRoot!.querySelector(name)!).backgroundColor;
      return { bar: of("top-bar"), stage: of("image-stage") };
    });
    expect(colours).toEqual({ bar: "rgb(248, 250, 251)", stage: "rgb(0, 0, 0)" });
    await light.page.context().close();
  });
});

describe.skipIf(!dataPath("tests/slices_png"))("a real picture", () => {
  test("says no kind of its own", async () => {
    const { page } = stage.viewer;
    await page.getByLabel("Open image files").setInputFiles(dataPath("tests/slices_png/SPIDER-T2W-Subset_1089_4.png")!);
    await page.getByLabel("Kind of image").waitFor();
  });
});
