/** What comes and goes while a user works leaves the image where it is on the screen: under the pointer nothing moves. */
import { describe, expect, test } from "vitest";
import { takeScreenshot } from "../support/screenshots.ts";
import { openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";
import { LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";
import { named, openFile, PICTURE } from "./viewer-work.ts";

const stage = viewerStage({ ownPages: true });

/** CSS pixels around a place that are compared. */
const PATCH = 48;
/** An image that has moved this far, in CSS pixels, must not pass. */
const MOVED = 3;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Grey values that the canvas shows on this part of the screen. */
const patchAt = ({ page }: Viewer, { x, y }: Place): Promise<number[]> =>
  page.evaluate(
    ([x, y, side]) => {
      const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
      const canvas = shadowRoot!.querySelector("image-stage")!.shadowRoot!.querySelector("canvas")!;
      const bounds = canvas.getBoundingClientRect();
      const left = Math.round(x! - side! / 2 - bounds.x);
      const top = Math.round(y! - side! / 2 - bounds.y);
      const { data } = canvas.getContext("2d")!.getImageData(left, top, side!, side!);
      return Array.from({ length: data.length / 4 }, (_, n) => data[4 * n]!);
    },
    [x, y, PATCH],
  );

const difference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, n) => sum + Math.abs(value - b[n]!), 0) / a.length;

/** The image is where it was after each step: by the viewer's own word, and by what the canvas shows on that part of the screen. */
async function stays(viewer: Viewer, steps: Readonly<Record<string, () => Promise<unknown>>>) {
  const before = await viewer.at(...SPLEEN);
  const patch = await patchAt(viewer, before);
  const moved = difference(patch, await patchAt(viewer, { x: before.x + MOVED, y: before.y + MOVED }));
  for (const [name, step] of Object.entries(steps)) {
    await step();
    const { x, y } = await viewer.at(...SPLEEN);
    expect([name, Math.abs(x - before.x), Math.abs(y - before.y)]).toEqual([
      name,
      expect.closeTo(0),
      expect.closeTo(0),
    ]);
    expect(difference(patch, await patchAt(viewer, before)), name).toBeLessThan(moved / 2);
  }
}

const canvasHeight = ({ page }: Viewer) =>
  page.evaluate(() => {
    const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
    return shadowRoot!.querySelector("image-stage")!.getBoundingClientRect().height;
  });

describe.each([
  { name: "wide", viewport: { width: 1440, height: 900 } },
  { name: "narrow", viewport: { width: 820, height: 700 } },
  { name: "phone", viewport: { width: 390, height: 844 } },
])("on a $name screen", ({ name, viewport }) => {
  test("tools, bars, lists, notices and toasts come and go beside an image that stays", async () => {
    const viewer = await openViewer(stage.browser, stage.server.url, { viewport });
    const { page } = viewer;
    const whole = await canvasHeight(viewer);
    const key = (name: string) => () => page.keyboard.press(name);
    const field = page.getByRole("combobox", { name: /name/i });
    const notice = page.getByText("The server does not answer");
    await stays(viewer, {
      click: () => viewer.click(...LIVER),
      brush: key("d"),
      "brush is lower": async () => {
        expect(await canvasHeight(viewer)).toBeLessThan(whole);
        await takeScreenshot(page, `place-brush-${name}`);
      },
      eraser: key("e"),
      ruler: key("m"),
      box: key("b"),
      point: key("p"),
      names: () => field.focus(),
      "names gone": key("Escape"),
      toast: () =>
        page
          .getByLabel("Open image files")
          .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("no image") }),
      "toast is there": () => page.locator("toast-stack .toast").first().waitFor(),
      "toast gone": () => page.locator("toast-stack").getByRole("button", { name: "Dismiss" }).first().click(),
      "a lost server": async () => {
        await page.route("**/v1/**", (route) => route.abort());
        await page.keyboard.press("PageDown");
        await notice.waitFor();
        await page.keyboard.press("PageUp");
        await viewer.shown();
        expect(await notice.isVisible()).toBe(true);
        await takeScreenshot(page, `place-offline-${name}`);
      },
      "the server again": async () => {
        await page.unroute("**/v1/**");
        await notice.waitFor({ state: "detached" });
      },
      "a warning that is read": () => page.getByRole("button", { name: "Understood" }).click(),
    });
    await page.context().close();
  });
});

test("a warning that comes with an image is above it from the start, and leaves it in place once it is read", async () => {
  const viewer = await openViewer(stage.browser, stage.server.url);
  const { page } = viewer;
  await page.route("**/v1/images", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      json: { ...(await response.json()), warnings: ["Slices are not evenly spaced."] },
    });
  });
  await openFile(page, PICTURE);
  await named(page, PICTURE.name);
  await viewer.ready();
  const { y } = await viewer.at(0, 0);
  const strip = (await page.locator("notice-strip").boundingBox())!;
  expect(y).toBeGreaterThan(strip.y + strip.height);
  const { x } = await viewer.at(60, 45);
  await page.getByRole("button", { name: "Understood" }).click();
  await page.getByText("Slices are not evenly spaced.").waitFor({ state: "detached" });
  expect((await viewer.at(0, 0)).y).toBeCloseTo(y, 0);
  expect((await viewer.at(60, 45)).x).toBeCloseTo(x, 0);
  await page.context().close();
});

test("the image is fitted anew when the window is resized, the panel closed, or by its key", async () => {
  const viewer = await openViewer(stage.browser, stage.server.url);
  const { page } = viewer;
  const scale = async () => (await viewer.at(10, 0)).x - (await viewer.at(0, 0)).x;
  const fitted = async () => {
    const { x, y, width, height } = (await page.locator("image-stage canvas").first().boundingBox())!;
    const { width: columns, height: rows, spacingMm } = await viewer.read((state) => state.image!.plane);
    const [pitchX, pitchY] = spacingMm!;
    const across = Math.min((width - 36) / (columns * pitchX), (height - 36) / (rows * pitchY)) * pitchX;
    const corner = await viewer.at(-0.5, -0.5);
    expect(await scale()).toBeCloseTo(10 * across, 3);
    expect(corner.x).toBeCloseTo(x + width / 2 - (columns * across) / 2, 0);
    expect(corner.y).toBeCloseTo(y + height / 2 - (rows * across * pitchY) / pitchX / 2, 0);
  };
  await fitted();
  await page.setViewportSize({ width: 1200, height: 700 });
  await fitted();
  const before = await scale();
  await page.keyboard.press("d");
  expect(await scale()).toBe(before);
  await page.keyboard.press("r");
  expect(await scale()).toBeLessThan(before);
  await fitted();
  await page.getByRole("button", { name: "Show or hide the segments panel", exact: true }).click();
  await fitted();
  await page.context().close();
});

test("a low window, as a page at 200 %, leaves the image its room, and the candidates leave the mask theirs", async () => {
  for (const viewport of [
    { width: 720, height: 450 },
    { width: 844, height: 390 },
    { width: 320, height: 560 },
  ]) {
    const viewer = await openViewer(stage.browser, stage.server.url, { viewport });
    const { page } = viewer;
    await viewer.click(...LIVER);
    const image = (await page.locator("image-stage").boundingBox())!;
    expect(image.height, JSON.stringify(viewport)).toBeGreaterThan(0.4 * viewport.height);
    const strip = (await page.locator("candidate-strip .strip").boundingBox())!;
    const at = await viewer.at(...LIVER);
    expect(strip.x > at.x || strip.y > at.y, JSON.stringify(viewport)).toBe(true);
    expect(strip.width * strip.height).toBeLessThan(0.15 * image.width * image.height);
    await page.context().close();
  }
});
