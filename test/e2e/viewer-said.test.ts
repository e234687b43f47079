/** What the page says of masks is so, its controls do what they say, and nothing hides another. */
import { describe, expect, test } from "vitest";
import { fillPolygon } from "../../core/mask/polygon.ts";
import { openViewer, type ViewerElement } from "./viewer-page.ts";
import { doubtMasks, inside, LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

const promptCount = () => stage.viewer.read((state) => state.log.done.filter(({ kind }) => kind === "prompt").length);

describe("what is said of masks", () => {
  test("a mask that the model hardly believes in is doubtful: in the list, on the image, in its outline", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await doubtMasks(page);
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

  test("what a hand does is said, without a confidence that nobody has", async () => {
    const { page, read } = stage.viewer;
    const said = () => read((state) => state.announcement);
    await page.keyboard.press("d");
    await stage.viewer.click(90, 80);
    expect(await said()).toMatch(/^Segment 1: mask of [\d.]+ \S+\.$/);
    await page.keyboard.press("e");
    await stage.viewer.click(90, 80);
    expect(await said()).toBe("Segment 1: no mask on this slice any more.");
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
