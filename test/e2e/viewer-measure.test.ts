/** Ruler, angle and values of a pixel: measured by mouse, clicks and keys, moved, undone, kept, and in the tables. */
import { beforeEach, expect, test } from "vitest";
import type { Measurement } from "../../core/annotation/measurements.ts";
import { saveExport, text } from "./viewer-export.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

/** What the log holds, as `measurementsOf` reads it: the page's own code, asked through its list. */
const listed = () => stage.viewer.page.locator("measurement-list li .go").allInnerTexts();

const added = (): Promise<Measurement[]> =>
  stage.viewer.read(({ log }) => log.done.filter(({ kind }) => kind === "add-measurement")) as never;

const spacing = () => stage.viewer.read(({ image }) => image!.plane.spacingMm!);

/** A click that gives no prompt: nothing to wait for but the frame. */
async function tap(x: number, y: number): Promise<void> {
  const place = await stage.viewer.at(x, y);
  await stage.viewer.page.mouse.click(place.x, place.y);
}

beforeEach(async () => stage.viewer.page.locator("image-stage canvas").first().focus());

test("a ruler is dragged, has millimetres, and one of its ends is moved; undo takes the move and then the ruler", async () => {
  const { page } = stage.viewer;
  await page.keyboard.press("m");
  await stage.viewer.drag([
    [60, 60],
    [100, 90],
  ]);
  const [pitchX, pitchY] = await spacing();
  const millimetres = (x: number, y: number) =>
    `${Math.hypot(x * pitchX, y * pitchY).toFixed(1)} mm`.replace(".0 ", " ");
  expect((await listed())[0]).toContain(millimetres(40, 30));
  await stage.viewer.drag([
    [100, 90],
    [140, 90],
  ]);
  expect((await listed())[0]).toContain(millimetres(80, 30));
  await page.keyboard.press("Control+z");
  expect((await listed())[0]).toContain(millimetres(40, 30));
  await page.keyboard.press("Control+z");
  expect(await listed()).toEqual([]);
  expect(stage.viewer.problems).toEqual([]);
}, 60_000);

test("an angle is clicked place by place in another plane, and Escape leaves one half done", async () => {
  const { page } = stage.viewer;
  await page.getByRole("radio", { name: "Coronal" }).click();
  await stage.viewer.ready();
  await page.keyboard.press("a");
  const [pitchX, pitchY] = await spacing();
  await tap(60, 40);
  await tap(60, 60);
  await tap(60 + Math.round((20 * pitchY) / pitchX), 60);
  expect((await listed())[0]).toMatch(/^90°\s*Coronal/);
  expect((await added())[0]?.at.plane).toBe("coronal");
  await tap(100, 40);
  await page.keyboard.press("Escape");
  expect(await stage.viewer.read(({ measuring }) => measuring ?? null)).toBeNull();
  expect(await listed()).toHaveLength(1);
}, 60_000);

test("a probe reads the pixel's HU, by pointer and by keyboard", async () => {
  const { page } = stage.viewer;
  await page.keyboard.press("u");
  await tap(80, 90);
  const value = await stage.viewer.read(({ image }) => {
    const { data, width, rescale } = image!.pixels!;
    return data[90 * width + 80]! * rescale.slope + rescale.intercept;
  });
  expect((await listed())[0]).toContain(`${value} HU`);
  await page.keyboard.press("c");
  for (let n = 0; n < 3; n++) await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Enter");
  const [first, second] = await added();
  expect(second?.points[0]?.[0]).toBe(first!.points[0]![0] + 30);
  expect(await stage.viewer.masks()).toEqual([]);
}, 60_000);

test("what was measured outlives a reload, is shown again by its row, and stands in the tables without any segment", async () => {
  const { page } = stage.viewer;
  await page.keyboard.press("m");
  await stage.viewer.drag([
    [60, 60],
    [100, 90],
  ]);
  const [ruler] = await listed();
  await page.waitForFunction(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.keeping.state === "kept",
  );
  await page.reload();
  await stage.viewer.ready();
  await page.waitForSelector("measurement-list li");
  expect(await listed()).toEqual([ruler]);
  const slice = await stage.viewer.read(({ image }) => image!.slice);
  await page.keyboard.press("Home");
  await page.locator("measurement-list li .go").click();
  await stage.viewer.shown();
  expect(await stage.viewer.read(({ image }) => image!.slice)).toBe(slice);
  const csv = await saveExport(page, "Measures as CSV");
  const [, table = new Uint8Array()] =
    Object.entries(csv.files).find(([name]) => name.endsWith(".measurements.csv")) ?? [];
  expect(text(table)).toMatch(new RegExp(`length,axial,${slice + 1},[\\d.]+,mm,`));
  await page.locator("measurement-list li .icon").click();
  expect(await listed()).toEqual([]);
}, 60_000);
