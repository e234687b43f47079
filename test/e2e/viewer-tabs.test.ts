/** Two tabs on one image: one writes, the other follows. */
import { describe, expect, test } from "vitest";
import { type MaskOnPage, type Viewer, type ViewerElement, viewerOn } from "./viewer-page.ts";
import { inside, LIVER, type Pixel, SPLEEN, viewerStage } from "./viewer-stage.ts";
import { another, keptPrompts, prompts } from "./viewer-work.ts";

const stage = viewerStage();

/** One dab of the eraser. */
async function erase({ page, at }: Viewer, [x, y]: Pixel) {
  await page.keyboard.press("e");
  await page.evaluate(() => {
    const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
    store.set({ brush: { ...store.state.brush, diameter: 16 } });
  });
  const target = await at(x, y);
  await page.mouse.click(target.x, target.y);
}

/** Waits until a tab's log has this many lines. */
const lines = (viewer: Viewer, count: number) =>
  expect.poll(() => viewer.read((state) => state.log.done.length), { timeout: 10_000 }).toBe(count);

/** The one mask of a tab, once the other tab shows the same pixels. */
async function sameMask(one: Viewer, other: Viewer): Promise<MaskOnPage> {
  const [wanted] = await one.masks();
  await expect
    .poll(async () => (await other.masks()).map(({ mask }) => mask), { timeout: 10_000 })
    .toEqual([wanted!.mask]);
  return wanted!;
}

describe("two tabs on one image", () => {
  test("one writes; the other follows, says so, and may take over without losing a line", async () => {
    const first = stage.viewer;
    await first.click(...LIVER);
    const page = await another(stage);
    const second = viewerOn(page, []);
    await second.ready();
    await page.getByText("open in another tab").waitFor();
    const { x, y } = await second.at(...SPLEEN);
    await page.mouse.click(x, y);
    expect(await prompts(page)).toBe(1);
    await first.page.bringToFront();
    await first.click(...SPLEEN);
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.length === 3,
    );
    await page.bringToFront();
    await page.getByRole("button", { name: "Work here instead" }).click();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.keeping.state === "kept",
    );
    await second.click(LIVER[0] + 20, LIVER[1] + 8);
    await first.page.getByText("open in another tab").waitFor();
    await page.waitForTimeout(300);
    expect(await keptPrompts(page)).toBe(3);
    await page.close();
    await first.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.keeping.state === "kept",
    );
    expect(await prompts(first.page)).toBe(3);
  });

  test("an edited mask is the same in both, whichever of them edits", async () => {
    const first = stage.viewer;
    await first.click(...LIVER);
    const clicked = await stage.only();
    await erase(first, LIVER);
    await lines(first, 3);
    const page = await another(stage);
    const second = viewerOn(page, []);
    await second.ready();
    await page.getByText("open in another tab").waitFor();
    const erased = await sameMask(first, second);
    expect(inside(erased, LIVER)).toBe(0);
    expect(erased.area).toBeLessThan(clicked.area);
    await first.page.bringToFront();
    await erase(first, [LIVER[0] + 30, LIVER[1]]);
    await lines(second, 4);
    expect(inside(await sameMask(first, second), [LIVER[0] + 30, LIVER[1]])).toBe(0);
    await page.bringToFront();
    await erase(second, [LIVER[0], LIVER[1] + 30]);
    await lines(second, 4); // this tab only looks on
    await page.getByRole("button", { name: "Work here instead" }).click();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.keeping.state === "kept",
    );
    await erase(second, [LIVER[0], LIVER[1] + 30]);
    await lines(first, 5);
    expect(inside(await sameMask(second, first), [LIVER[0], LIVER[1] + 30])).toBe(0);
    expect(first.problems).toEqual([]);
  });
});
