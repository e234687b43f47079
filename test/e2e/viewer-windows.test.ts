/** Greys on the screen are what the file asks for: curves, exact windows, each slice's own, colour; computed here once more. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { writePng } from "../../formats/index.ts";
import { at, cs, ds, type Elements, object, sq, us } from "../formats/dicom-objects.ts";
import { element, u16 } from "../formats/dicom-writer.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();
const SIDE = 8;
const STORED = Array.from({ length: SIDE * SIDE }, (_, n) => 17 * n);

/** One slice of 8 × 8 values in steps of 17, 3 mm from the next. */
const slice = (more: Elements, k = 0) =>
  object({
    instance: k + 1,
    series: `1.2.3.${Math.floor(Math.random() * 1e9)}`,
    modality: "MR",
    more: {
      ...at(3 * k, { pitch: [1, 1] }),
      ...us(0x00280010, SIDE),
      ...us(0x00280011, SIDE),
      ...more,
      2145386512: element(0x7fe00010, "OW", u16(...STORED)),
    },
  }).bytes;

async function show(page: Page, ...files: Uint8Array[]) {
  const before = await stage.viewer.read((state) => state.image!.info.imageId);
  await page
    .getByLabel("Open image files")
    .setInputFiles(files.map((bytes, n) => ({ name: `${n}.bin`, mimeType: "", buffer: Buffer.from(bytes) })));
  await page.waitForFunction(
    (id) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.imageId !== id,
    before,
  );
  await stage.viewer.ready();
}

/** Colours on the canvas in the middle of each pixel of the slice. */
async function greys(page: Page): Promise<number[][]> {
  const box = await page.locator("image-stage canvas").first().boundingBox();
  const places: [number, number][] = [];
  for (const n of STORED.keys()) {
    const { x, y } = await stage.viewer.at(n % SIDE, Math.floor(n / SIDE));
    places.push([x - box!.x, y - box!.y]);
  }
  return page.evaluate(async (all) => {
    for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame); // what was chosen last is painted now
    const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
    const canvas = shadowRoot!.querySelector("image-stage")!.shadowRoot!.querySelector("canvas")!;
    const ratio = canvas.width / canvas.getBoundingClientRect().width;
    const context = canvas.getContext("2d")!;
    return all.map(([x, y]) => [...context.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data]);
  }, places);
}

/** The picture on the screen is the one computed here, to one grey. */
async function expectGreys(expected: (stored: number, n: number) => number, tolerance = 1) {
  const shown = await greys(stage.viewer.page);
  const wanted = STORED.map((stored, n) => Math.min(255, Math.max(0, expected(stored, n))));
  for (const [n, [red, green, blue]] of shown.entries()) {
    expect([red, green]).toEqual([green, blue]);
    expect(Math.abs(red! - wanted[n]!), `pixel ${n}: ${red} for ${wanted[n]}`).toBeLessThanOrEqual(tolerance);
  }
  expect(new Set(wanted.map(Math.round)).size).toBeGreaterThan(8);
}

const linear = (center: number, width: number) => (x: number) => ((x - (center - 0.5)) / (width - 1) + 0.5) * 255;
const window = (center: number, width: number) => ({ ...ds(0x00281050, center), ...ds(0x00281051, width) });

describe("one slice is shown through the file's own", () => {
  test("LINEAR window", async () => {
    await show(stage.viewer.page, slice(window(500, 700)));
    await expectGreys(linear(500, 700));
  });

  test("LINEAR_EXACT window", async () => {
    await show(stage.viewer.page, slice({ ...window(500, 20), ...cs(0x00281056, "LINEAR_EXACT") }));
    const exact = (x: number) => ((x - 500) / 20 + 0.5) * 255;
    const shown = await greys(stage.viewer.page);
    expect(shown.map(([red]) => red)).toEqual(STORED.map((x) => Math.min(255, Math.max(0, Math.round(exact(x))))));
  });

  test("SIGMOID", async () => {
    await show(stage.viewer.page, slice({ ...window(500, 400), ...cs(0x00281056, "SIGMOID") }));
    await expectGreys((x) => 255 / (1 + Math.exp((-4 * (x - 500)) / 400)));
  });

  test("VOI LUT, and MONOCHROME1 turns it", async () => {
    // A curve that rises, falls and rises again over the values 0 to 1023.
    const table = Array.from({ length: 1024 }, (_, n) => Math.round(2047 * (1 + Math.sin(n / 160)) + n / 50));
    const lut = {
      ...us(0x00283002, 1024, 0, 12),
      2633734: element(0x00283006, "OW", u16(...table)),
    };
    const most = Math.max(4095, ...table);
    await show(stage.viewer.page, slice(sq(0x00283010, lut)));
    await expectGreys((x) => (table[Math.min(1023, x)]! * 255) / most, 2);
    await show(stage.viewer.page, slice({ ...cs(0x00280004, "MONOCHROME1"), ...sq(0x00283010, lut) }));
    await expectGreys((x) => 255 - (table[Math.min(1023, x)]! * 255) / most, 2);
  });
});

describe("each slice's own window", () => {
  test("is shown on every slice, until another is chosen", async () => {
    const { page } = stage.viewer;
    const series = `1.2.4.${Math.floor(Math.random() * 1e9)}`;
    const centers = [200, 500, 800];
    const files = centers.map((center, k) => slice({ ...window(center, 301), ...cs(0x0020000e, series) }, k));
    await show(page, ...files);
    for (const key of ["Home", "PageDown", "PageDown"]) {
      await page.keyboard.press(key);
      await stage.viewer.ready();
      const shown = await stage.viewer.read((state) => ({
        slice: state.image!.slice,
        window: state.image!.window!,
        encoded: state.image!.embedding!.window,
      }));
      expect(shown.window).toMatchObject({ name: "each slice's own", center: centers[shown.slice] });
      expect(shown.encoded).toEqual({ center: centers[shown.slice], width: 301 });
      await expectGreys(linear(centers[shown.slice]!, 301));
    }
    expect(await stage.viewer.read((state) => state.image!.slice)).toBe(2);
    await page.getByRole("radio", { name: "from file" }).click();
    await expectGreys(linear(500, 301));
    await page.locator("image-stage canvas").first().focus();
    await page.keyboard.press("Home");
    await stage.viewer.ready();
    expect(await stage.viewer.read((state) => state.image!.slice)).toBe(0);
    await expectGreys(linear(500, 301));
    await page.getByRole("radio", { name: "each slice's own" }).click();
    await expectGreys(linear(200, 301));
  });
});

describe("a colour picture", () => {
  test("has a choice of windows, the same for all channels", async () => {
    const { page } = stage.viewer;
    const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, n) => 100 + (n % 141));
    await show(page, writePng({ width: SIDE, height: SIDE, channels: 3, data }));
    const colours = async () => (await greys(page)).flatMap((pixel) => pixel.slice(0, 3));
    expect(await colours()).toEqual([...data]);
    const { center, width } = await stage.viewer.read((state) => state.image!.info.windows[1]!);
    await page.getByRole("radio", { name: "auto 1-99 %" }).click();
    const expected = [...data].map((x) => Math.min(255, Math.max(0, linear(center, width)(x))));
    for (const [n, shown] of (await colours()).entries()) expect(Math.abs(shown - expected[n]!)).toBeLessThanOrEqual(1);
  });
});
