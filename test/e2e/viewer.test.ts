/** The viewer as its users have it: built, served by the real server, in Chromium with WASM. */
import { describe, expect, test } from "vitest";
import { auditControls } from "./viewer-audit.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { inside, LIVER, rightEdge, SPLEEN, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

describe("clicking", () => {
  test("a click on the liver shows a mask that contains it and is the server's own answer", async () => {
    await stage.viewer.click(...LIVER);
    const found = await stage.only();
    expect(inside(found, LIVER)).toBe(1);
    const { imageId } = stage.server.running.studies[0]!;
    const answer = await fetch(`${stage.server.url}/v1/masks`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        imageId,
        plane: "axial",
        slice: found.slice,
        window: { center: 40, width: 400 },
        prompts: [{ kind: "point", x: LIVER[0], y: LIVER[1], label: "foreground" }],
        multimask: true,
      }),
    });
    const { masks } = (await answer.json()) as { masks: { area: number }[] };
    expect(masks).toHaveLength(found.candidates);
    expect(Math.abs(masks[0]!.area - found.area) / found.area).toBeLessThan(0.02);
    expect(stage.viewer.problems).toEqual([]);
  });

  test("a right click takes its place out of the mask", async () => {
    await stage.viewer.click(...LIVER);
    const before = await stage.only();
    const edge = rightEdge(before, LIVER);
    await stage.viewer.click(...edge, { button: "right" });
    const after = await stage.only();
    expect(inside(after, edge)).toBe(0);
    expect(after.area).toBeLessThan(before.area);
  });

  test("Tab goes through the candidates and comes back to the first", async () => {
    await stage.viewer.click(...LIVER);
    const areas: number[] = [];
    for (let i = 0; i < 4; i++) {
      areas.push((await stage.only()).area);
      await stage.viewer.page.keyboard.press("Tab");
      await stage.viewer.ready();
      await stage.viewer.page.waitForTimeout(50);
    }
    expect(new Set(areas.slice(0, 3)).size).toBe(3);
    expect(areas[3]).toBe(areas[0]);
  });

  test("undo and redo give back the same masks, and the log survives a reload", async () => {
    await stage.viewer.click(...LIVER);
    const one = await stage.only();
    await stage.viewer.click(LIVER[0] + 30, LIVER[1] + 10);
    const two = await stage.only();
    await stage.viewer.page.keyboard.press("Control+z");
    await stage.viewer.ready();
    expect((await stage.only()).mask).toEqual(one.mask);
    await stage.viewer.page.keyboard.press("Control+Shift+z");
    await stage.viewer.ready();
    expect((await stage.only()).mask).toEqual(two.mask);
    await stage.viewer.page.reload();
    await stage.viewer.ready();
    await stage.viewer.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 1,
    );
    expect((await stage.only()).mask).toEqual(two.mask);
    await stage.viewer.page.keyboard.press("Control+z");
    await stage.viewer.page.keyboard.press("Control+z");
    expect(await stage.viewer.masks()).toEqual([]);
  });

  test("Enter accepts, so that the next click begins another segment", async () => {
    await stage.viewer.click(...LIVER);
    await stage.viewer.page.keyboard.press("Enter");
    await stage.viewer.click(...SPLEEN);
    const masks = await stage.viewer.masks();
    expect(masks.map(({ segment }) => segment)).toEqual(["segment-1", "segment-2"]);
    expect(inside(masks[1]!, SPLEEN)).toBe(1);
  });

  test("prompts given while a slice is encoded wait and are applied", async () => {
    await stage.viewer.page.keyboard.press("PageDown");
    await stage.viewer.shown();
    const target = await stage.viewer.at(...LIVER);
    await stage.viewer.page.mouse.click(target.x, target.y);
    expect(await stage.viewer.read((state) => state.image?.stage)).not.toBe("ready");
    await stage.viewer.ready();
    expect(inside(await stage.only(), LIVER)).toBe(1);
  });
});

describe("hovering", () => {
  test("shows what a click would give while decoding is fast, and adds nothing to the log", async () => {
    const { page } = stage.viewer;
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.engine?.state === "ready",
    );
    await page.evaluate(() => {
      const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
      // As on a machine that nothing else keeps busy.
      const fast = () => {
        const { engine } = store.state;
        if (engine && engine.ms !== 1) store.set({ engine: { ...engine, ms: 1 } });
      };
      store.subscribe(fast);
      fast();
    });
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.move(x, y);
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.preview !== undefined,
    );
    expect(await stage.viewer.read((state) => state.preview?.data[90 * state.preview.width + 80])).toBe(1);
    expect(await stage.viewer.read((state) => state.log.done.length)).toBe(0);
    await page.keyboard.press("v");
    expect(await stage.viewer.read((state) => state.preview)).toBeUndefined();
  });
});

describe("drawing", () => {
  test("a box is dragged with B, or clicked corner by corner, each box its own segment", async () => {
    await stage.viewer.page.keyboard.press("b");
    await stage.viewer.drag([
      [60, 70],
      [110, 120],
    ]);
    expect(inside(await stage.only(), [85, 95])).toBe(1);
    await stage.viewer.click(190, 80);
    await stage.viewer.click(220, 120);
    const masks = await stage.viewer.masks();
    expect(masks).toHaveLength(2);
    expect(inside(masks[1]!, [205, 100])).toBe(1);
    expect(inside(masks[1]!, [85, 95])).toBe(0);
  });

  test("a scribble and a lasso are prompts too", async () => {
    await stage.viewer.page.keyboard.press("s");
    await stage.viewer.drag([
      [70, 80],
      [80, 90],
      [90, 100],
    ]);
    expect(inside(await stage.only(), [80, 90])).toBe(1);
    await stage.viewer.page.keyboard.press("n");
    await stage.viewer.page.keyboard.press("l");
    await stage.viewer.drag([
      [195, 85],
      [215, 85],
      [215, 115],
      [195, 115],
      [195, 87],
    ]);
    const kinds = await stage.viewer.read((state) =>
      state.log.done.flatMap((action) => ("prompts" in action ? action.prompts.map(({ kind }) => kind) : [])),
    );
    expect(kinds).toEqual(["scribble", "lasso"]);
    expect(inside((await stage.viewer.masks())[1]!, [205, 100])).toBe(1);
  });

  test("a name that is not recognised says so and leaves no segment; shortcuts stay out of the field", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("t");
    await page.keyboard.type("spleen");
    expect(await stage.viewer.read((state) => state.tool)).toBe("point");
    await page.keyboard.press("Enter");
    // The tiny model of these tests recognises no name.
    await page.getByText("“spleen” was not recognised on slice").waitFor();
    expect(await stage.viewer.read((state) => state.log.done.length)).toBe(0);
    expect(await page.getByLabel(/^Name of segment/).count()).toBe(0);
  });

  test("an unknown name leaves no segment, and its suggestions are buttons", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("t");
    await page.keyboard.type("left liver");
    await page.keyboard.press("Enter");
    await page.getByText("does not know “left liver”").waitFor();
    expect(await stage.viewer.read((state) => state.log.done.length)).toBe(0);
    expect(await page.locator("toast-stack").getByRole("button").count()).toBeGreaterThan(1);
  });

  test("names are completed while typing, and all of them can be browsed", async () => {
    const { page } = stage.viewer;
    await page.keyboard.press("t");
    await page.keyboard.type("kidn");
    const list = page.locator("name-field").getByRole("listbox");
    const options = list.getByRole("option");
    await page.getByRole("option", { name: "left kidney", exact: true }).waitFor();
    expect(await options.count()).toBeLessThanOrEqual(10);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Browse all names" }).click();
    await options.nth(280).waitFor({ state: "attached" });
    await page.keyboard.press("ArrowDown");
    expect(await list.getByRole("option", { selected: true }).count()).toBe(1);
    await page.keyboard.press("Escape");
    expect(await options.count()).toBe(0);
  });
});

describe("keyboard alone", () => {
  test("after a reload Tab leads into the page, whatever candidates there are to choose from", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.reload();
    await stage.viewer.ready();
    const candidates = () =>
      page.waitForFunction(() =>
        [...(document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.values()].some(
          (mask) => mask.candidates.length === 3,
        ),
      );
    await candidates();
    for (let i = 0; i < 4; i++) await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe("viewer-app");
  });

  test("Tab reaches the image, arrows and Enter segment, B twice makes a box", async () => {
    const { page } = stage.viewer;
    for (let i = 0; i < 40 && !(await stage.viewer.read((state) => state.cursor)); i++)
      await page.keyboard.press("Tab");
    const start = await stage.viewer.read((state) => state.cursor);
    expect(start).toBeDefined();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+ArrowUp");
    const { x, y } = (await stage.viewer.read((state) => state.cursor))!;
    expect([x, y]).toEqual([start!.x - 1, start!.y - 10]);
    await page.keyboard.press("Enter");
    await stage.viewer.ready();
    const found = await stage.only();
    expect(inside(found, [x, y])).toBe(1);
    const edge = rightEdge(found, [x, y]);
    for (let i = x; i < edge[0]; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+Enter");
    await stage.viewer.ready();
    expect(inside(await stage.only(), edge)).toBe(0);
    await page.keyboard.press("Control+z");
    await stage.viewer.ready();
    await page.keyboard.press("b");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowDown");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("b");
    await stage.viewer.ready();
    const kinds = await stage.viewer.read((state) =>
      state.log.done.flatMap((action) => ("prompts" in action ? action.prompts.map(({ kind }) => kind) : [])),
    );
    expect(kinds).toEqual(["point", "box"]);
    expect(await page.locator("viewer-app").locator("[aria-live=polite]").textContent()).toContain("mask of");
  });

  test("every control has a name and is large enough to hit", async () => {
    await stage.viewer.click(...LIVER);
    await stage.viewer.page.keyboard.press("?");
    expect(await stage.viewer.page.evaluate(auditControls)).toEqual([]);
  });
});
