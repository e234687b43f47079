/** Two viewers as elements of one foreign page. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { FrameMask, FrameSaved, PromptomyViewerElement } from "../../client/element/types.ts";
import { hostStage } from "./stage.ts";

declare const host: {
  viewers: PromptomyViewerElement[];
  /** By the viewer that told. */
  masks: FrameMask[][];
  saved: FrameSaved[][];
};

/** In the phantom's liver, on its middle axial slice. */
const [X, Y] = [80, 90];

describe("<promptomy-viewer>, twice on a page", () => {
  const stage = hostStage("element");
  let imageId = "";

  beforeAll(async () => {
    const [study] = await (await fetch(`${stage.server.url}/v1/studies`)).json();
    imageId = study.imageId;
    await stage.page.evaluate(async (imageId) => {
      for (const viewer of host.viewers) viewer.setAttribute("image-id", imageId);
      while (host.viewers.some(({ image }) => !image)) await new Promise((resolve) => setTimeout(resolve, 50));
    }, imageId);
  });

  test("opens what its attribute names, and takes prompts apart from the other", async () => {
    const [masks, first] = await stage.page.evaluate(
      async ([x, y]) => {
        const [one, two] = host.viewers;
        const mask = await one!.prompt([{ kind: "point", x: x!, y: y!, label: "foreground" }]);
        return [[one!.masks(), two!.masks()], mask] as const;
      },
      [X, Y],
    );
    expect(first).toMatchObject({ imageId, segment: { number: 1 } });
    expect(first.area).toBeGreaterThan(50);
    expect(masks[0]).toEqual([first]);
    expect(await stage.page.evaluate(() => host.masks[0])).toContainEqual(first);
    await stage.page.screenshot({ path: join(tmpdir(), "promptomy-element.png") });
  });

  test("leaves keys alone that are not pressed in it", async () => {
    const toolsOf = () =>
      stage.page.evaluate(() =>
        host.viewers.map(
          (viewer) =>
            viewer
              .shadowRoot!.querySelector("promptomy-viewer-app")!
              .shadowRoot!.querySelector("promptomy-tool-rail")!
              .shadowRoot!.querySelector("[aria-pressed=true]")!.ariaLabel,
        ),
      );
    const before = await toolsOf();
    await stage.page.locator("header").first().click();
    await stage.page.keyboard.press("b");
    expect(await toolsOf()).toEqual(before);
    await stage.page
      .locator("promptomy-viewer canvas")
      .first()
      .click({ position: { x: 5, y: 5 } });
    await stage.page.keyboard.press("b");
    const after = await toolsOf();
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });

  test("offers the tools that it is told to, shows its slots, and gives the page no style", async () => {
    const found = await stage.page.evaluate(() => ({
      buttons: host.viewers.map(
        (viewer) =>
          viewer
            .shadowRoot!.querySelector("promptomy-viewer-app")!
            .shadowRoot!.querySelector("promptomy-tool-rail")!
            .shadowRoot!.querySelectorAll("button").length,
      ),
      slotted: host.viewers.map((viewer) => viewer.querySelector("strong")!.getBoundingClientRect().height > 0),
      font: getComputedStyle(document.body).fontFamily,
      background: getComputedStyle(document.body).backgroundColor,
      token: getComputedStyle(document.documentElement).getPropertyValue("--ground"),
      sheets: document.styleSheets.length,
      grounds: host.viewers.map((viewer) => getComputedStyle(viewer).backgroundColor),
    }));
    expect(found.buttons[0]! - found.buttons[1]!).toBe(7);
    expect(found.slotted).toEqual([true, true]);
    expect(found).toMatchObject({ font: "serif", background: "rgb(255, 255, 255)", token: "", sheets: 1 });
    expect(found.grounds).toEqual(["rgb(13, 16, 20)", "rgb(238, 241, 244)"]);
  });

  test("gives its page what the user exports, and its files", async () => {
    const bytes = await stage.page.evaluate(async () => (await host.viewers[0]!.files("nifti"))[0]!.bytes.length);
    expect(bytes).toBeGreaterThan(100);
    const shadow = stage.page.locator("promptomy-viewer").first();
    await shadow.getByRole("button", { name: "Show or hide the segments" }).click();
    await shadow.locator("promptomy-segment-panel button.main").click();
    await shadow.locator("promptomy-export-dialog dialog[open] button.primary").click();
    await stage.page.waitForFunction(() => host.saved[0]!.length > 0);
    const [saved] = await stage.page.evaluate(() => host.saved[0]!);
    expect(saved).toMatchObject({ imageId });
    expect(stage.errors).toEqual([]);
  });
});
