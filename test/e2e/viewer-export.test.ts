import { describe, expect, test } from "vitest";
import { maskArea } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImportResult } from "../../core/wire/index.ts";
import { ctSeries } from "../support/dicom-series.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { saveExport } from "./viewer-export.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { LIVER, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

async function openSeries() {
  const { page } = stage.viewer;
  const files = ctSeries().map((bytes, k) => ({
    name: `${k}.dcm`,
    mimeType: "application/dicom",
    buffer: Buffer.from(bytes),
  }));
  await page.getByLabel("Open image files").setInputFiles(files);
  await page.waitForFunction(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.hasSource,
  );
  await stage.viewer.ready();
}

/** Two segments that overlap, on two slices. */
async function draw() {
  const { page } = stage.viewer;
  await stage.viewer.click(30, 26);
  await page.keyboard.press("ArrowDown");
  await stage.viewer.ready();
  await stage.viewer.click(30, 26);
  await page.keyboard.press("n");
  await stage.viewer.click(34, 28);
}

const openDialog = () => stage.viewer.page.getByRole("button", { name: "Export", exact: true }).click();
const radio = (name: string) => stage.viewer.page.getByRole("radio", { name });

describe("the export dialog", () => {
  test("groups the formats, and says why this image cannot have some of them", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await openDialog();
    await page.getByText("1 segment, 1 mask.").waitFor();
    for (const group of ["Medical", "Pictures and annotation tools", "Tables"])
      await page.getByRole("group", { name: group }).waitFor();
    for (const name of ["DICOM SEG", "DICOM RT Structure Set"]) {
      expect(await radio(name).isDisabled()).toBe(true);
      expect(await radio(`${name} the image has no DICOM series to refer to`).count()).toBe(1);
    }
    for (const name of ["NIfTI", "3D Slicer", "PNG, this", "COCO JSON", "GeoJSON", "CSV"])
      expect(await radio(name).isEnabled(), name).toBe(true);
    const all = page.locator("export-dialog").getByRole("radio");
    const names = await all.evaluateAll((all) => all.map((one) => one.parentElement?.textContent));
    expect(new Set(names).size).toBe(names.length);
    await takeScreenshot(stage.viewer.page, "phantom");
    await page.emulateMedia({ colorScheme: "dark" });
    await takeScreenshot(stage.viewer.page, "dark");
    await page.setViewportSize({ width: 390, height: 780 });
    await takeScreenshot(stage.viewer.page, "phone");
  });

  test("of a DICOM series gives a SEG whose voxels are those on the screen", async () => {
    await openSeries();
    await draw();
    const drawn = await stage.viewer.masks();
    expect(drawn).toHaveLength(3);
    const { name, files } = await saveExport(stage.viewer.page, "DICOM SEG", () =>
      takeScreenshot(stage.viewer.page, "series"),
    );
    expect(name).toMatch(/\.seg\.dcm$/);
    const { imageId } = await stage.viewer.read((state) => state.image!.info);
    const body = Object.values(files)[0]!;
    const answer = await fetch(`${stage.server.url}/v1/images/${imageId}/imports`, { method: "POST", body });
    const { segments }: ImportResult = await answer.json();
    const read = segments.flatMap(({ masks }, n) =>
      masks.map(({ slice, rle }) => ({ segment: `segment-${n + 1}`, slice, data: [...decodeRle(rle).data] })),
    );
    const order = (masks: typeof read) =>
      masks.toSorted((a, b) => a.segment.localeCompare(b.segment) || a.slice - b.slice);
    expect(order(read)).toEqual(
      order(drawn.map(({ segment, slice, mask }) => ({ segment, slice, data: [...mask.data] }))),
    );
    expect(drawn.every(({ mask }) => maskArea(mask) > 0)).toBe(true);
  });

  test("takes identifying data out of a SEG when the box says so", async () => {
    const { page } = stage.viewer;
    await openSeries();
    await draw();
    const plain = await saveExport(page, "DICOM SEG");
    const clean = await saveExport(page, "DICOM SEG", async () => {
      await page.getByLabel("Remove identifying data").check();
      await page.getByText("all UIDs are new").waitFor();
      await page.getByText("2 segments, 3 masks.").waitFor();
      await takeScreenshot(stage.viewer.page, "deidentify");
    });
    const bytes = (saved: typeof plain) => Buffer.from(Object.values(saved.files)[0]!);
    for (const secret of ["DOE^JANE", "4711", "1.2.826.0.1.3680043.10.2"]) {
      expect(bytes(plain).includes(secret)).toBe(true);
      expect(bytes(clean).includes(secret)).toBe(false);
    }
    expect(clean.name).toBe("segmentation.seg.dcm");
    expect(stage.viewer.problems).toEqual([]);
  });
});
