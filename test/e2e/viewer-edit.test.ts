/** Correction by hand, as a hand does it: in Chromium, on the built viewer and the real server. */
import { describe, expect, test } from "vitest";
import type { ViewerElement } from "./viewer-page.ts";
import { inside, LIVER, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

/** A stroke along slice pixels, and the wait until the log has it. */
async function stroke(points: readonly (readonly [number, number])[], button: "left" | "right" = "left") {
  const { page, at } = stage.viewer;
  const targets = await Promise.all(points.map(([x, y]) => at(x, y)));
  await page.mouse.move(targets[0]!.x, targets[0]!.y);
  await page.mouse.down({ button });
  for (const { x, y } of targets.slice(1)) await page.mouse.move(x, y, { steps: 8 });
  await page.mouse.up({ button });
}

const undoCount = () => stage.viewer.read((state) => state.log.done.length);

const setDiameter = (diameter: number) =>
  stage.viewer.page.evaluate((diameter) => {
    const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
    store.set({ brush: { ...store.state.brush, diameter } });
  }, diameter);

const waitForMasks = (count: number) =>
  stage.viewer.page.waitForFunction(
    (count) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === count,
    count,
  );

describe("brush and eraser", () => {
  test("a stroke on an empty slice makes a segment, is one step of undo, and survives a reload", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("d");
    await setDiameter(10);
    await stroke([
      [60, 60],
      [100, 60],
      [100, 90],
    ]);
    const painted = await stage.only();
    expect(inside(painted, [60, 60])).toBe(1);
    expect(inside(painted, [80, 64])).toBe(1);
    expect(inside(painted, [80, 67])).toBe(0);
    expect(inside(painted, [100, 90])).toBe(1);
    expect(painted.area).toBeGreaterThan(700);
    expect(painted.area).toBeLessThan(900);
    await page.keyboard.press("Control+z");
    expect(await stage.viewer.masks()).toEqual([]);
    expect(await undoCount()).toBe(0);
    await page.keyboard.press("Control+Shift+z");
    await waitForMasks(1);
    expect((await stage.only()).mask).toEqual(painted.mask);
    await page.reload();
    await stage.viewer.ready();
    await waitForMasks(1);
    expect((await stage.only()).mask).toEqual(painted.mask);
    expect(stage.viewer.problems).toEqual([]);
  });

  test("erases from the mask of a click, which a later click refines", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const clicked = await stage.only();
    const strip = page.locator("candidate-strip [role=radiogroup]");
    await strip.waitFor();
    await page.keyboard.press("e");
    await strip.waitFor({ state: "detached" });
    await setDiameter(16);
    await stroke([[LIVER[0], LIVER[1]]]);
    const erased = await stage.only();
    expect(inside(erased, LIVER)).toBe(0);
    expect(clicked.area - erased.area).toBeGreaterThan(180);
    const elsewhere = erased.mask.data.filter((value, n) => {
      const [x, y] = [n % erased.mask.width, Math.floor(n / erased.mask.width)];
      return Math.hypot(x - LIVER[0], y - LIVER[1]) > 9 && value !== clicked.mask.data[n];
    });
    expect(elsewhere).toHaveLength(0);
    await page.keyboard.press("p");
    await stage.viewer.click(LIVER[0] + 30, LIVER[1] + 10);
    const refined = await stage.only();
    expect(refined.segment).toBe(erased.segment);
    expect(inside(refined, [LIVER[0] + 30, LIVER[1] + 10])).toBe(1);
    for (let step = 0; step < 2; step++) await page.keyboard.press("Control+z");
    await stage.viewer.ready();
    await page.waitForTimeout(100);
    expect((await stage.only()).mask).toEqual(clicked.mask);
  });

  test("the other button does the opposite, the wheel with Shift and the brackets size the brush", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("d");
    await setDiameter(20);
    await stroke([[80, 80]]);
    const full = (await stage.only()).area;
    await page.keyboard.press("[");
    const smaller = await stage.viewer.read((state) => state.brush.diameter);
    expect(smaller).toBeLessThan(20);
    const slice = await stage.viewer.read((state) => state.image?.slice);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, 100);
    await page.keyboard.up("Shift");
    expect(await stage.viewer.read((state) => state.brush.diameter)).toBeLessThan(smaller);
    expect(await stage.viewer.read((state) => state.image?.slice)).toBe(slice);
    await stroke([[80, 80]], "right");
    expect((await stage.only()).area).toBeLessThan(full);
    expect((await stage.only()).area).toBeGreaterThan(0);
  });

  test("a locked segment is left alone; undo goes to the slice that it changes", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("d");
    await stroke([[80, 80]]);
    const first = await stage.only();
    await page.keyboard.press("Enter");
    await page.keyboard.press("e");
    await stroke([[80, 80]]);
    expect((await stage.only()).mask).toEqual(first.mask);
    await page.keyboard.press("d");
    await stroke([[80, 80]]);
    expect((await stage.viewer.masks()).map(({ segment }) => segment)).toEqual(["segment-1", "segment-2"]);
    const slice = await stage.viewer.read((state) => state.image?.slice);
    await page.keyboard.press("PageDown");
    await stage.viewer.shown();
    await page.keyboard.press("Control+z");
    expect(await stage.viewer.read((state) => state.image?.slice)).toBe(slice);
    expect((await stage.viewer.masks()).map(({ segment }) => segment)).toEqual(["segment-1"]);
  });

  test("a stroke is drawn while it is made, and Escape takes it away without a line of the log", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("d");
    await setDiameter(40);
    const { x, y } = await stage.viewer.at(80, 80);
    await page.mouse.move(x, y);
    await page.mouse.down();
    const before = await stage.viewer.read((state) => state.stroke?.version ?? -1);
    await page.mouse.move(x + 40, y);
    expect(await stage.viewer.read((state) => state.stroke?.version ?? -1)).toBeGreaterThan(before);
    expect(await undoCount()).toBe(0);
    await page.keyboard.press("Escape");
    await page.mouse.up();
    expect(await undoCount()).toBe(0);
    expect(await stage.viewer.masks()).toEqual([]);
  });
});
