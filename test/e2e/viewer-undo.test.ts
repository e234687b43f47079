/** Undo shows what it changes, and takes back what it says. */
import { describe, expect, test } from "vitest";
import { LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

describe("undo", () => {
  test("goes to the slice and the segment it changes", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const slice = await stage.viewer.read((state) => state.image!.slice);
    await page.getByRole("button", { name: "Hide Segment 1" }).click();
    await page.keyboard.press("PageDown");
    await stage.viewer.ready();
    await page.keyboard.press("Control+z");
    expect(await stage.viewer.read((state) => state.image!.slice)).toBe(slice);
    expect(await stage.viewer.masks()).toEqual([]);
    await page.keyboard.press("PageDown");
    await page.keyboard.press("Control+Shift+z");
    expect(await stage.viewer.read((state) => state.image!.slice)).toBe(slice);
    expect(await stage.viewer.read((state) => state.hidden.size)).toBe(0);
    await stage.viewer.ready();
    await stage.only();
  });

  test("of a toast takes back what the toast says, and is gone once something else is done", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.getByRole("button", { name: "Delete Segment 1" }).click();
    await page.locator("toast-stack").getByRole("button", { name: "Undo" }).click();
    await stage.viewer.ready();
    expect((await stage.only()).segment).toBe("segment-1");
    await page.getByRole("button", { name: "Delete Segment 1" }).click();
    await stage.viewer.click(...SPLEEN);
    expect(await page.locator("toast-stack").getByRole("button", { name: "Undo" }).count()).toBe(0);
    // A number is never given again.
    expect((await stage.only()).segment).toBe("segment-2");
  });

  test("of Accept unlocks the segment", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("Enter");
    expect(await stage.viewer.read((state) => state.log.done.at(-1)?.kind)).toBe("change-segment");
    await page.keyboard.press("Backspace");
    await page.getByText("Segment 1 is locked.").waitFor();
    await stage.only();
    await page.keyboard.press("Control+z");
    await stage.viewer.click(...SPLEEN);
    expect((await stage.viewer.masks()).map(({ segment }) => segment)).toEqual(["segment-1"]);
  });
});
