/** Corrections of whole masks, in Chromium on the built viewer and the real server. */
import { describe, expect, test } from "vitest";
import type { MaskOnPage, ViewerElement } from "./viewer-page.ts";
import { inside, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();
type Pixel = readonly [number, number];

async function stroke(points: readonly Pixel[], diameter: number) {
  const { page, at } = stage.viewer;
  await page.evaluate((diameter) => {
    const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
    store.set({ tool: "brush", brush: { ...store.state.brush, diameter } });
  }, diameter);
  const targets = await Promise.all(points.map(([x, y]) => at(x, y)));
  await page.mouse.move(targets[0]!.x, targets[0]!.y);
  await page.mouse.down();
  for (const { x, y } of targets.slice(1)) await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.up();
}

const press = async (name: string, exact = true) =>
  stage.viewer.page.getByRole("button", { name, exact }).first().click();

const choose = async (name: string) => stage.viewer.page.getByRole("radio", { name, exact: true }).click();

/** The masks once the page holds as many as this. */
async function masks(count: number): Promise<MaskOnPage[]> {
  await stage.viewer.page.waitForFunction((count) => {
    const { masks, loading, waiting } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return !loading && waiting === 0 && masks.size === count;
  }, count);
  return stage.viewer.masks();
}

const only = async () => (await masks(1))[0]!;
const steps = () => stage.viewer.read((state) => state.log.done.length);
const undo = () => stage.viewer.page.keyboard.press("Control+z");

/** The mask of a slice, once it is another one than before. */
const changes = (area: number) =>
  stage.viewer.page.waitForFunction((area) => {
    const { masks } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return [...masks.values()].every((view) => view.area !== area);
  }, area);

const RING: readonly Pixel[] = [
  [70, 70],
  [110, 70],
  [110, 110],
  [70, 110],
  [70, 70],
];

describe("on the slice shown", () => {
  test("fills holes with F, grows and shrinks by millimetres, takes islands away", async () => {
    await stroke(RING, 6);
    const ring = await only();
    expect(inside(ring, [90, 90])).toBe(0);
    await stage.viewer.page.keyboard.press("f");
    const filled = await only();
    expect(inside(filled, [90, 90])).toBe(1);
    const spacing = (await stage.viewer.read((state) => state.image?.plane.spacingMm?.[0])) ?? 1;
    await press("Grow");
    const grown = await only();
    const reach = Math.floor(2 / spacing + 1e-6);
    const right = (found: MaskOnPage) => {
      let x = 110;
      while (inside(found, [x + 1, 90])) x++;
      return x;
    };
    expect(right(grown) - right(filled)).toBe(reach);
    await press("Shrink");
    const back = await only();
    expect(Math.abs(back.area - filled.area) / filled.area).toBeLessThan(0.02);
    await stroke([[30, 30]], 3);
    expect(inside(await only(), [30, 30])).toBe(1);
    await press("Remove islands");
    expect(inside(await only(), [30, 30])).toBe(0);
    expect(inside(await only(), [90, 90])).toBe(1);
    expect(stage.viewer.problems).toEqual([]);
  });

  test("keeps the part that is clicked", async () => {
    await stroke([[60, 60]], 12);
    await stroke([[120, 60]], 20);
    await press("Keep a part");
    const target = await stage.viewer.at(60, 60);
    await stage.viewer.page.mouse.click(target.x, target.y);
    const kept = await only();
    expect(inside(kept, [60, 60])).toBe(1);
    expect(inside(kept, [120, 60])).toBe(0);
    expect(await stage.viewer.read((state) => state.tool)).toBe("brush");
  });

  test("paints only where the values are in the range", async () => {
    await stroke(
      [
        [60, 90],
        [120, 90],
      ],
      50,
    );
    const all = await only();
    await undo();
    await stage.viewer.page.getByRole("checkbox", { name: "Only values" }).check();
    await stage.viewer.page.getByRole("spinbutton", { name: "Lowest value" }).fill("45");
    await stage.viewer.page.keyboard.press("Enter");
    await stroke(
      [
        [60, 90],
        [120, 90],
      ],
      50,
    );
    const some = await only();
    expect(some.area).toBeGreaterThan(0);
    expect(some.area).toBeLessThan(all.area);
    const outside = await stage.viewer.page.evaluate(() => {
      const { masks, image } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
      const { data, rescale } = image!.pixels!;
      const [view] = masks.values();
      return [...view!.candidates[0]!.data].filter((value, n) => {
        const hu = data[n]! * rescale.slope + rescale.intercept;
        return value === 1 && (hu < 45 || hu > 100);
      }).length;
    });
    expect(outside).toBe(0);
  });
});

describe("over slices", () => {
  test("copies to the next slice and shows it, as one step", async () => {
    await stroke([[60, 60]], 12);
    const first = await only();
    await stage.viewer.page.keyboard.press("Control+ArrowDown");
    await stage.viewer.shown();
    const both = await masks(2);
    expect(both.map(({ slice }) => slice)).toEqual([first.slice, first.slice + 1]);
    expect(both[1]!.mask).toEqual(first.mask);
    expect(await stage.viewer.read((state) => state.image?.slice)).toBe(first.slice + 1);
    await undo();
    expect((await only()).slice).toBe(first.slice);
  });

  test("grows in all slices as one line of the log, and one undo takes it back", async () => {
    await stroke([[60, 60]], 12);
    const drawn = await only();
    await choose("All slices");
    await stage.viewer.page.getByRole("spinbutton", { name: "By how much" }).fill("6");
    await stage.viewer.page.keyboard.press("Enter");
    const before = await steps();
    await press("Grow");
    await changes(drawn.area);
    expect(await steps()).toBe(before + 1);
    const grown = await stage.viewer.masks();
    expect(grown.length).toBeGreaterThan(2);
    const at = grown.find(({ slice }) => slice === drawn.slice)!;
    expect(at.area).toBeGreaterThan(drawn.area);
    const [below, above] = [-1, 1].map((by) => grown.find(({ slice }) => slice === drawn.slice + by)!);
    expect(below!.mask).toEqual(above!.mask);
    expect(below!.area).toBeLessThan(at.area);
    await undo();
    expect((await only()).mask).toEqual(drawn.mask);
  });

  test("splits into parts, which merge again; each is one step of undo", async () => {
    await stroke([[60, 60]], 12);
    await stroke([[120, 60]], 20);
    const whole = await only();
    await press("Split into parts");
    const parts = await masks(2);
    expect(parts.map(({ segment }) => segment)).toEqual(["segment-1", "segment-2"]);
    expect(parts[0]!.area + parts[1]!.area).toBe(whole.area);
    expect(inside(parts[0]!, [120, 60])).toBe(1);
    await stage.viewer.page.getByRole("combobox", { name: "With segment" }).selectOption("segment-2");
    await press("Merge");
    const merged = await only();
    expect(merged.mask).toEqual(whole.mask);
    await undo();
    expect(await masks(2)).toHaveLength(2);
    await undo();
    expect((await only()).mask).toEqual(whole.mask);
  });

  test("subtracts one segment from another", async () => {
    await stroke([[80, 80]], 30);
    const large = await only();
    await stage.viewer.page.keyboard.press("n");
    await stroke([[80, 80]], 10);
    const small = (await masks(2))[1]!;
    await press("Edit Segment 1");
    await stage.viewer.page.getByRole("combobox", { name: "With segment" }).selectOption("segment-2");
    await press("Subtract");
    const [ring] = await masks(2);
    expect(inside(ring!, [80, 80])).toBe(0);
    expect(ring!.area).toBe(large.area - small.area);
  });
});
