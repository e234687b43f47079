/** What was exported comes back as it was: in Chromium on the built viewer and the real server. */
import { gunzipSync, gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { downloadExport, saveExport } from "./viewer-export.ts";
import { openViewer, type ViewerElement } from "./viewer-page.ts";
import { viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();
type Pixel = readonly [number, number];

async function stroke(points: readonly Pixel[]) {
  const { page, at } = stage.viewer;
  const targets = await Promise.all(points.map(([x, y]) => at(x, y)));
  await page.mouse.move(targets[0]!.x, targets[0]!.y);
  await page.mouse.down();
  for (const { x, y } of targets.slice(1)) await page.mouse.move(x, y, { steps: 4 });
  await page.mouse.up();
}

/** Two segments on three slices, exported as a labelmap. */
async function drawAndExport() {
  const { page, shown } = stage.viewer;
  await page.keyboard.press("d");
  await stroke([
    [60, 60],
    [90, 75],
  ]);
  await page.keyboard.press("Control+ArrowDown");
  await shown();
  await stroke([[120, 60]]);
  await page.keyboard.press("n");
  await stroke([
    [70, 110],
    [150, 120],
  ]);
  await page.keyboard.press("PageDown");
  await shown();
  await stroke([[100, 100]]);
  return saveExport(page, "NIfTI");
}

const file = ({ files }: Awaited<ReturnType<typeof drawAndExport>>) => {
  const [name, bytes] = Object.entries(files)[0]!;
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
};

describe("import", () => {
  test("of an exported NIfTI gives the same voxels, as editable segments and one step of undo", async () => {
    const exported = await drawAndExport();
    const drawn = await stage.viewer.masks();
    expect(drawn).toHaveLength(4);
    const other = await openViewer(stage.browser, stage.server.url);
    await other.page.getByLabel("Import", { exact: true }).setInputFiles(file(exported));
    await other.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 4,
    );
    const read = await other.masks();
    const plain = (masks: typeof read) => masks.map(({ segment, slice, mask }) => ({ segment, slice, mask }));
    const order = (masks: typeof read) =>
      plain(masks).sort((a, b) => a.segment.localeCompare(b.segment) || a.slice - b.slice);
    expect(order(read)).toEqual(order(drawn));
    const again = await saveExport(other.page, "NIfTI");
    expect(gunzipSync(file(again).buffer).equals(gunzipSync(file(exported).buffer))).toBe(true);
    await other.page.keyboard.press("Control+z");
    expect(await other.masks()).toEqual([]);
    expect(await other.read((state) => state.log.done.length)).toBe(0);
    expect(other.problems).toEqual([]);
    await other.page.context().close();
  });

  test.each(["NIfTI labelmap", "PNG, every slice", "COCO JSON", "GeoJSON"])(
    "of %s, as it was downloaded, gives the same masks under the same names",
    async (format) => {
      await drawAndExport();
      const { page } = stage.viewer;
      await page.getByRole("textbox", { name: "Name of segment 2" }).fill("Größe");
      await page.keyboard.press("Enter");
      const { name, bytes } = await downloadExport(page, format);
      const drawn = await stage.viewer.masks();
      const other = await openViewer(stage.browser, stage.server.url);
      const given = { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
      await other.page.getByLabel("Open image files").setInputFiles(given);
      await other.page.getByRole("button", { name: "As segments of the open image" }).click();
      await other.page.waitForFunction(
        () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 4,
      );
      const plain = (masks: typeof drawn) =>
        masks
          .map(({ segment, slice, mask }) => ({ segment, slice, mask }))
          .sort((a, b) => a.segment.localeCompare(b.segment) || a.slice - b.slice);
      expect(plain(await other.masks())).toEqual(plain(drawn));
      expect(await other.page.getByRole("textbox", { name: "Name of segment 2" }).inputValue()).toBe("Größe");
      await other.page.context().close();
    },
  );

  test("a file that is opened while an image is open may be either, and the user says which", async () => {
    const exported = await drawAndExport();
    const { page } = stage.viewer;
    const imageId = await stage.viewer.read((state) => state.image?.info.imageId);
    await page.getByLabel("Open image files").setInputFiles(file(exported));
    await page.getByRole("button", { name: "As segments of the open image" }).click();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 8,
    );
    expect(await stage.viewer.read((state) => state.image?.info.imageId)).toBe(imageId);
    expect(await stage.viewer.read((state) => state.log.done.at(-1)?.kind)).toBe("masks");
  });

  test("a volume is offered as an image, and as segments where its name says so", async () => {
    const exported = await drawAndExport();
    const { page } = stage.viewer;
    const focused = page.locator("import-dialog button:focus");
    for (const [name, button] of [
      ["brain.nii.gz", "Open as image"],
      ["brain_dseg.nii.gz", "As segments of the open image"],
    ] as const) {
      await page.getByLabel("Open image files").setInputFiles({ ...file(exported), name });
      await focused.waitFor();
      expect((await focused.innerText()).trim()).toBe(button);
      await page.keyboard.press("Escape");
      await page.getByText("Image or segments?").waitFor({ state: "hidden" });
    }
  });

  test("what does not lie on the image is refused with the reason, and changes nothing", async () => {
    const { page } = stage.viewer;
    const exported = await drawAndExport();
    const { name, mimeType, buffer } = file(exported);
    const moved = gunzipSync(buffer);
    // NIfTI-1 keeps the affine's offsets at 292, 308 and 324 (srow_x, srow_y, srow_z) and the quaternion's at 268.
    for (const at of [268, 272, 276, 292, 308, 324]) moved.writeFloatLE(9000, at);
    const small = Buffer.from(encode({ width: 10, height: 10, channels: 1, data: new Uint8Array(100).fill(1) }));
    const before = await stage.viewer.read((state) => state.log.done.length);
    const give = page.getByLabel("Import", { exact: true });
    await give.setInputFiles({ name, mimeType, buffer: gzipSync(moved) });
    await page.getByText("holds no segment on this image").waitFor();
    await give.setInputFiles({ name: "small.png", mimeType: "image/png", buffer: small });
    await page.getByText("could not be imported").waitFor();
    expect(await stage.viewer.read((state) => state.toasts.at(-1)?.code)).toBe("DoesNotFit");
    expect(await stage.viewer.read((state) => state.log.done.length)).toBe(before);
  });
});
