/** Two tabs on one image: one writes, the other follows. */
import { describe, expect, test } from "vitest";
import { type ViewerElement, viewerOn } from "./viewer-page.ts";
import { LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";
import { another, keptPrompts, prompts } from "./viewer-work.ts";

const stage = viewerStage();

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
});
