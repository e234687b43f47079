/** What each state of the page says is seen: within the window and under nothing. With `PROMPTOMY_SCREENSHOTS` a picture of each. */
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { takeScreenshot } from "../support/screenshots.ts";
import { openViewer } from "./viewer-page.ts";
import { doubtMasks, LIVER, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage({ ownPages: true });

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const UNKNOWN = `sha256:${"0".repeat(64)}`;

/** Is the middle of the text within the window, with nothing but the canvas or its own element there? */
async function expectSeen(text: Locator, name: string) {
  await text.waitFor();
  const seen = await text.evaluate((element) => {
    const { x, y, width, height, right, bottom } = element.getBoundingClientRect();
    let top = document.elementFromPoint(x + width / 2, y + height / 2);
    for (let inner = top; inner; ) {
      top = inner;
      const deeper = top.shadowRoot?.elementFromPoint(x + width / 2, y + height / 2) ?? null;
      inner = deeper === top ? null : deeper;
    }
    const own = top !== null && (element.contains(top) || top.contains(element) || top.matches("canvas"));
    return { own, within: x >= 0 && y >= 0 && right <= innerWidth && bottom <= innerHeight };
  });
  expect({ name, ...seen }).toEqual({ name, own: true, within: true });
}

const sliceNumber = (page: Page) => page.locator("image-stage .slice");

describe.each<{ look: string; options: BrowserContextOptions }>([
  { look: "dark", options: { colorScheme: "dark" } },
  { look: "light", options: { colorScheme: "light" } },
  { look: "phone", options: PHONE },
])("in its $look look", ({ look, options }) => {
  const picture = (page: Page, state: string) => takeScreenshot(page, `state-${state}-${look}`);

  test("a warning, a doubtful mask, a slice that loads and a lost server are said where they are seen", async () => {
    const viewer = await openViewer(stage.browser, stage.server.url, options);
    const { page } = viewer;
    await expectSeen(page.getByText("This is a synthetic phantom, not a patient."), "warning");
    await expectSeen(sliceNumber(page), "slice beside the warning");
    await picture(page, "warning");

    await viewer.click(...LIVER);
    await doubtMasks(page);
    await expectSeen(page.getByText("Doubtful: the model gives this mask 12%"), "doubtful");
    await expectSeen(sliceNumber(page), "slice beside the doubt");
    await picture(page, "doubtful");

    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/slices/**", async (route) => {
      await gate;
      await route.continue();
    });
    await page.keyboard.press("PageDown");
    await expectSeen(page.getByText(/^Loading slice \d+/), "loading");
    await expectSeen(sliceNumber(page), "slice that loads");
    await picture(page, "loading");
    release();
    await viewer.ready();
    await page.unroute("**/slices/**");

    await page.route("**/v1/**", (route) => route.abort());
    await page.keyboard.press("PageDown");
    await expectSeen(page.getByText("The server does not answer. Your prompts are kept."), "offline");
    await expectSeen(sliceNumber(page), "slice of the lost server");
    await picture(page, "offline");
    await page.unroute("**/v1/**");
    await viewer.ready();
    await page.context().close();
  });

  test("without an image the page says how to open one", async () => {
    const context = await stage.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    await page.goto(`${stage.server.url}?image=${UNKNOWN}`);
    await expectSeen(page.locator("image-stage .empty strong"), "empty");
    await picture(page, "empty");
    await context.close();
  });
});
