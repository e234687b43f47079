/** What leaves the viewer, a real study in it, and the embedded model's masks on the phantom. */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createMask, maskBounds, maskDice } from "../../core/mask/mask.ts";
import { createPhantom } from "../../core/phantom/phantom.ts";
import type { MaskResult } from "../../core/wire/index.ts";
import { readImage } from "../../formats/index.ts";
import { dataPath, needsData, repositoryRoot } from "../support/data.ts";
import { startTestServer } from "../support/serve.ts";
import { saveExport, text } from "./viewer-export.ts";
import { openViewer, type ViewerElement } from "./viewer-page.ts";
import { inside, LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

describe("export", () => {
  test("PNG, COCO and NIfTI hold the masks on the screen", async () => {
    await stage.viewer.click(...LIVER);
    await stage.viewer.page.keyboard.press("Enter");
    await stage.viewer.click(...SPLEEN);
    const [liver, spleen] = await stage.viewer.masks();
    const { ijkToLps, size, imageId } = await stage.viewer.read((state) => state.image!.info);
    const [columns, rows] = size;
    const stem = `Phantom_${imageId.slice(7, 15)}`;

    const png = await saveExport(stage.viewer.page, "PNG, this slice");
    expect(png.name).toBe(`${stem}.zip`);
    const slice = png.files[`${stem}_axial-${String(liver!.slice + 1).padStart(3, "0")}.png`]!;
    expect((await readImage([{ bytes: slice }])).size).toEqual([columns, rows, 1]);

    const coco = JSON.parse(text((await saveExport(stage.viewer.page, "COCO JSON")).files[`${stem}.coco.json`]!));
    expect(coco.annotations.map(({ area }: { area: number }) => area)).toEqual([liver!.area, spleen!.area]);

    const nifti = await saveExport(stage.viewer.page, "NIfTI labelmap");
    const labelmap = await readImage([{ bytes: nifti.files[`${stem}_dseg.nii.gz`]! }]);
    expect(labelmap.size).toEqual(size);
    labelmap.ijkToLps.forEach((value, i) => {
      expect(value).toBeCloseTo(ijkToLps[i]!, 4);
    });
    const first = liver!.slice * columns * rows;
    const layer = labelmap.data.subarray(first, first + columns * rows);
    const count = (number: number) => layer.filter((value) => value === number).length;
    // The smaller one wins where they overlap.
    const smaller = spleen!.area <= liver!.area ? 2 : 1;
    expect(count(smaller)).toBe(Math.min(liver!.area, spleen!.area));
    expect(labelmap.data.filter((value) => value > 0).length).toBe(layer.filter((value) => value > 0).length);
    expect(text(nifti.files[`${stem}_dseg.tsv`]!)).toBe(
      "index\tname\tcolor\n1\tSegment 1\t#56B4E9\n2\tSegment 2\t#E69F00\n",
    );
  });
});

describe("a real CT series", needsData("tests/ct_dicom_j2k"), () => {
  test("is opened from a folder by drop, and a click gives a mask", async () => {
    const folder = dataPath("tests/ct_dicom_j2k/series")!;
    const names = await readdir(folder);
    const files = await Promise.all(
      names.map(async (name) => ({ name, text: (await readFile(join(folder, name))).toString("base64") })),
    );
    await stage.viewer.page.evaluate((list) => {
      const transfer = new DataTransfer();
      for (const { name, text } of list)
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      document
        .querySelector("viewer-app")!
        .dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, files);
    await stage.viewer.page.waitForFunction(
      (count) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.plane.count === count,
      names.length,
      { timeout: 60_000 },
    );
    await stage.viewer.ready();
    const { width, height } = await stage.viewer.read((state) => state.image!.plane);
    const middle = [Math.round(width * 0.35), Math.round(height * 0.45)] as const;
    await stage.viewer.click(...middle);
    expect(inside(await stage.only(), middle)).toBe(1);
    expect(await stage.viewer.read((state) => state.image!.info.modality)).toBe("CT");
    expect(stage.viewer.problems).toEqual([]);
  });
});

const defaultModel = join(repositoryRoot, "models", "default");

describe.skipIf(!existsSync(join(defaultModel, "manifest.json")))("the embedded model", () => {
  const { volume, labels, names } = createPhantom();
  const truthOf = (organ: string, slice: number) => {
    const [width, height] = volume.size;
    const cut = labels.subarray(slice * width * height, (slice + 1) * width * height);
    return createMask(
      width,
      height,
      cut.map((value) => (names[value] === organ ? 1 : 0)),
    );
  };

  test("finds parts of the left and the right kidney of the phantom by name, each inside its own", async () => {
    const slice = 32;
    const real = await startTestServer({ clientDir: stage.clientDir, modelDirs: [defaultModel] });
    const [{ imageId }] = await (await fetch(`${real.url}/v1/studies`)).json();
    const named = async (text: string): Promise<MaskResult> => {
      const body = JSON.stringify({ imageId, plane: "axial", slice, prompts: [{ kind: "text", text }] });
      const headers = { "Content-Type": "application/json" };
      return (await (await fetch(`${real.url}/v1/masks`, { method: "POST", headers, body })).json()).masks[0];
    };
    const [left, right, both] = [await named("left kidney"), await named("right kidney"), await named("kidney")];
    expect(Math.min(left.area, right.area)).toBeGreaterThan(0);
    expect(left.area + right.area).toBe(both.area);
    for (const [organ, { bbox }] of [["left kidney", left] as const, ["right kidney", right] as const]) {
      const { x0, y0, x1, y1 } = maskBounds(truthOf(organ, slice))!;
      expect([bbox!.x0 - x0, bbox!.y0 - y0, x1 - bbox!.x1, y1 - bbox!.y1].every((inwards) => inwards >= -2)).toBe(true);
    }
    await real.close();
  });

  test("finds the phantom's liver by its name, spleen and kidney with a box", async () => {
    const real = await startTestServer({ clientDir: stage.clientDir, modelDirs: [defaultModel] });
    const seen = await openViewer(stage.browser, real.url);
    const slice = (await seen.read((state) => state.image?.slice)) ?? 0;
    for (const organ of ["left kidney", "spleen", "liver"]) {
      const truth = truthOf(organ, slice);
      const { x0, y0, x1, y1 } = maskBounds(truth)!;
      if (organ === "liver") {
        await seen.page.keyboard.press("t");
        await seen.page.keyboard.type(organ);
        await seen.page.keyboard.press("Enter");
        await seen.ready();
      } else {
        await seen.page.keyboard.down("Shift");
        await seen.drag([
          [x0, y0],
          [x1, y1],
        ]);
        await seen.page.keyboard.up("Shift");
      }
      await seen.page
        .getByLabel(/^Name of segment/)
        .last()
        .fill(organ[0]!.toUpperCase() + organ.slice(1));
      await seen.page.keyboard.press("Enter");
      if (organ !== "liver") await seen.page.getByRole("button", { name: "Accept" }).click();
      const found = (await seen.masks()).at(-1)!;
      expect(maskDice(found.mask, truth), organ).toBeGreaterThan(organ === "liver" ? 0.8 : 0.5);
    }
    expect(seen.problems).toEqual([]);
    if (process.env.UPDATE_SCREENSHOT === "1") {
      await seen.page.mouse.move(0, 0);
      await seen.page.screenshot({ path: join(repositoryRoot, "docs", "screenshot.png") });
    }
    await seen.page.context().close();
    await real.close();
  });
});
