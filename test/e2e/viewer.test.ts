/** The viewer as its users have it: built, served by the real server, in Chromium with WASM. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Download } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createMask, type Mask, maskBounds, maskDice, maskIou } from "../../core/mask.ts";
import { createPhantom } from "../../core/phantom.ts";
import { readImage } from "../../formats/index.ts";
import { launchBrowser } from "../support/browser.ts";
import { dataPath, repositoryRoot } from "../support/data.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { auditControls } from "./viewer-audit.ts";
import { buildViewer, type MaskOnPage, openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";

/** In the phantom's liver and spleen, on its middle axial slice. */
const LIVER = [80, 90] as const;
const SPLEEN = [205, 100] as const;

let clientDir: string;
let server: TestServer;
let browser: Browser;
let viewer: Viewer;

beforeAll(async () => {
  clientDir = await mkdtemp(join(tmpdir(), "viewer-"));
  await buildViewer(clientDir);
  server = await startTestServer({ clientDir });
  browser = await launchBrowser();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(clientDir, { recursive: true, force: true });
});

beforeEach(async () => {
  viewer = await openViewer(browser, server.url);
});

afterEach(async () => {
  await viewer.page.context().close();
});

const inside = ({ mask }: { mask: { width: number; data: Uint8Array } }, [x, y]: readonly [number, number]) =>
  mask.data[y * mask.width + x];

/** The last pixel of a mask on the row of a point inside it. */
const rightEdge = (found: MaskOnPage, [x, y]: readonly [number, number]): readonly [number, number] => {
  let last = x;
  while (inside(found, [last + 1, y])) last++;
  return [last, y];
};

/** The pixel of a mask that is farthest from its edge, by peeling. */
const deepest = (mask: Mask): readonly [number, number] => {
  const { width } = mask;
  let layer = [...mask.data.keys()].filter((n) => mask.data[n] === 1);
  for (let inner = layer; inner.length > 0; ) {
    layer = inner;
    const left = new Set(layer);
    inner = layer.filter((n) => [n - 1, n + 1, n - width, n + width].every((near) => left.has(near)));
  }
  const middle = layer[layer.length >> 1]!;
  return [middle % width, Math.floor(middle / width)];
};

const only = async () => {
  const masks = await viewer.masks();
  expect(masks).toHaveLength(1);
  return masks[0]!;
};

describe("clicking", () => {
  test("a click on the liver shows a mask that contains it and is the server's own answer", async () => {
    await viewer.click(...LIVER);
    const found = await only();
    expect(inside(found, LIVER)).toBe(1);
    const { imageId } = server.running.studies[0]!;
    const answer = await fetch(`${server.url}/v1/masks`, {
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
    expect(viewer.problems).toEqual([]);
  });

  test("a right click takes its place out of the mask", async () => {
    await viewer.click(...LIVER);
    const before = await only();
    const edge = rightEdge(before, LIVER);
    await viewer.click(...edge, { button: "right" });
    const after = await only();
    expect(inside(after, edge)).toBe(0);
    expect(after.area).toBeLessThan(before.area);
  });

  test("Tab goes through the candidates and comes back to the first", async () => {
    await viewer.click(...LIVER);
    const areas: number[] = [];
    for (let i = 0; i < 4; i++) {
      areas.push((await only()).area);
      await viewer.page.keyboard.press("Tab");
      await viewer.ready();
      await viewer.page.waitForTimeout(50);
    }
    expect(new Set(areas.slice(0, 3)).size).toBe(3);
    expect(areas[3]).toBe(areas[0]);
  });

  test("undo and redo give back the same masks, and the log survives a reload", async () => {
    await viewer.click(...LIVER);
    const one = await only();
    await viewer.click(LIVER[0] + 30, LIVER[1] + 10);
    const two = await only();
    await viewer.page.keyboard.press("Control+z");
    await viewer.ready();
    expect((await only()).mask).toEqual(one.mask);
    await viewer.page.keyboard.press("Control+Shift+z");
    await viewer.ready();
    expect((await only()).mask).toEqual(two.mask);
    await viewer.page.reload();
    await viewer.ready();
    await viewer.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 1,
    );
    expect((await only()).mask).toEqual(two.mask);
    await viewer.page.keyboard.press("Control+z");
    await viewer.page.keyboard.press("Control+z");
    expect(await viewer.masks()).toEqual([]);
  });

  test("Enter accepts, so that the next click begins another label", async () => {
    await viewer.click(...LIVER);
    await viewer.page.keyboard.press("Enter");
    await viewer.click(...SPLEEN);
    const masks = await viewer.masks();
    expect(masks.map(({ label }) => label)).toEqual(["label-1", "label-2"]);
    expect(inside(masks[1]!, SPLEEN)).toBe(1);
  });

  test("prompts given while a slice is encoded wait and are applied", async () => {
    await viewer.page.keyboard.press("PageDown");
    const target = await viewer.at(...LIVER);
    await viewer.page.mouse.click(target.x, target.y);
    expect(await viewer.read((state) => state.study?.stage)).not.toBe("ready");
    await viewer.ready();
    expect(inside(await only(), LIVER)).toBe(1);
  });
});

describe("hovering", () => {
  test("shows what a click would give while decoding is fast, and adds nothing to the log", async () => {
    const { page } = viewer;
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
    const { x, y } = await viewer.at(...LIVER);
    await page.mouse.move(x, y);
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.preview !== undefined,
    );
    expect(await viewer.read((state) => state.preview?.data[90 * state.preview.width + 80])).toBe(1);
    expect(await viewer.read((state) => state.log.done.length)).toBe(0);
    await page.keyboard.press("v");
    expect(await viewer.read((state) => state.preview)).toBeUndefined();
  });
});

describe("drawing", () => {
  test("a box is dragged with B, or clicked corner by corner, each box its own label", async () => {
    await viewer.page.keyboard.press("b");
    await viewer.drag([
      [60, 70],
      [110, 120],
    ]);
    expect(inside(await only(), [85, 95])).toBe(1);
    await viewer.click(190, 80);
    await viewer.click(220, 120);
    const masks = await viewer.masks();
    expect(masks).toHaveLength(2);
    expect(inside(masks[1]!, [205, 100])).toBe(1);
    expect(inside(masks[1]!, [85, 95])).toBe(0);
  });

  test("a scribble and a lasso are prompts too", async () => {
    await viewer.page.keyboard.press("s");
    await viewer.drag([
      [70, 80],
      [80, 90],
      [90, 100],
    ]);
    expect(inside(await only(), [80, 90])).toBe(1);
    await viewer.page.keyboard.press("n");
    await viewer.page.keyboard.press("l");
    await viewer.drag([
      [195, 85],
      [215, 85],
      [215, 115],
      [195, 115],
      [195, 87],
    ]);
    const kinds = await viewer.read((state) =>
      state.log.done.flatMap((action) => ("prompts" in action ? action.prompts.map(({ kind }) => kind) : [])),
    );
    expect(kinds).toEqual(["scribble", "lasso"]);
    expect(inside((await viewer.masks())[1]!, [205, 100])).toBe(1);
  });

  test("text goes to a label of that name, and shortcuts stay out of the field", async () => {
    await viewer.page.keyboard.press("t");
    await viewer.page.keyboard.type("spleen");
    expect(await viewer.read((state) => state.tool)).toBe("point");
    await viewer.page.keyboard.press("Enter");
    await viewer.ready();
    const action = await viewer.read((state) => state.log.done.map(({ kind }) => kind));
    expect(action).toEqual(["add-object", "prompt"]);
    expect(await viewer.page.getByLabel("Name of label 1").inputValue()).toBe("spleen");
  });
});

describe("keyboard alone", () => {
  test("Tab reaches the image, arrows and Enter segment, B twice makes a box", async () => {
    const { page } = viewer;
    for (let i = 0; i < 40 && !(await viewer.read((state) => state.cursor)); i++) await page.keyboard.press("Tab");
    const start = await viewer.read((state) => state.cursor);
    expect(start).toBeDefined();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+ArrowUp");
    const { x, y } = (await viewer.read((state) => state.cursor))!;
    expect([x, y]).toEqual([start!.x - 1, start!.y - 10]);
    await page.keyboard.press("Enter");
    await viewer.ready();
    const found = await only();
    expect(inside(found, [x, y])).toBe(1);
    const edge = rightEdge(found, [x, y]);
    for (let i = x; i < edge[0]; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+Enter");
    await viewer.ready();
    expect(inside(await only(), edge)).toBe(0);
    await page.keyboard.press("Control+z");
    await viewer.ready();
    await page.keyboard.press("b");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowDown");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("b");
    await viewer.ready();
    const kinds = await viewer.read((state) =>
      state.log.done.flatMap((action) => ("prompts" in action ? action.prompts.map(({ kind }) => kind) : [])),
    );
    expect(kinds).toEqual(["point", "box"]);
    expect(await page.locator("viewer-app").locator("[aria-live=polite]").textContent()).toContain("mask of");
  });

  test("every control has a name and is large enough to hit", async () => {
    await viewer.click(...LIVER);
    await viewer.page.keyboard.press("?");
    expect(await viewer.page.evaluate(auditControls)).toEqual([]);
  });
});

describe("looking", () => {
  test("needs no inline style or script: a strict content security policy holds", async () => {
    const { page } = viewer;
    await page.route(`${server.url}/`, async (route) => {
      const response = await route.fetch();
      const policy =
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'";
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
    });
    await page.reload();
    await viewer.ready();
    await viewer.click(...LIVER);
    await page.keyboard.press("?");
    expect(inside(await only(), LIVER)).toBe(1);
    expect(viewer.problems).toEqual([]);
  });

  test("changing the display window leaves the mask alone until it is encoded again", async () => {
    await viewer.click(...LIVER);
    const before = await only();
    await viewer.page.keyboard.press("4");
    await viewer.page.waitForTimeout(300);
    expect((await only()).mask).toEqual(before.mask);
    await viewer.page.getByRole("button", { name: "Re-encode with this window" }).click();
    await viewer.page.waitForTimeout(50);
    await viewer.ready();
    expect(await viewer.read((state) => state.study?.embedding?.window)).toEqual({ center: 480, width: 2500 });
    expect(inside(await only(), LIVER)).toBe(1);
    expect(maskIou((await only()).mask, before.mask)).toBeLessThan(1);
  });

  test("wheel, Home and the plane switch move through the volume; encoded slices get ticks", async () => {
    const { page } = viewer;
    const middle = (await viewer.read((state) => state.study?.slice)) ?? 0;
    const { x, y } = await viewer.at(...LIVER);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 100);
    expect(await viewer.read((state) => state.study?.slice)).toBe(middle + 1);
    await viewer.ready();
    await page.waitForFunction(
      () => ((document.querySelector("viewer-app") as ViewerElement).app.store.state.study?.encoded.size ?? 0) >= 4,
    );
    await page.keyboard.press("Home");
    expect(await viewer.read((state) => state.study?.slice)).toBe(0);
    await page.getByRole("radio", { name: "Sagittal" }).click();
    await viewer.ready();
    expect(await viewer.read((state) => state.study?.plane.plane)).toBe("sagittal");
    expect(viewer.problems).toEqual([]);
  });

  test("a failed encoding is told with its code, keeps the prompt, and can be tried again", async () => {
    const { page } = viewer;
    let refuse = true;
    await page.route("**/embeddings", (route) =>
      refuse && route.request().method() === "POST"
        ? route.fulfill({
            status: 503,
            contentType: "application/problem+json",
            body: JSON.stringify({
              type: "about:blank",
              title: "",
              status: 503,
              code: "Saturated",
              detail: "",
              info: { retryAfterS: 1 },
            }),
          })
        : route.continue(),
    );
    await page.keyboard.press("PageUp");
    await page.getByText("Saturated").first().waitFor();
    const { x, y } = await viewer.at(...LIVER);
    await page.mouse.click(x, y);
    refuse = false;
    await page.waitForTimeout(300);
    await page.getByRole("button", { name: "Try again" }).first().click();
    await viewer.ready();
    for (const again of await page.getByRole("button", { name: "Try again" }).all()) await again.click();
    await viewer.ready();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 1,
    );
    expect(inside(await only(), LIVER)).toBe(1);
  });

  test("a finger taps to include, holds to exclude, and slides through slices", async () => {
    const phone = await openViewer(browser, server.url, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const { x, y } = await phone.at(...LIVER);
    await phone.page.touchscreen.tap(x, y);
    await phone.ready();
    expect(inside((await phone.masks())[0]!, LIVER)).toBe(1);
    const session = await phone.page.context().newCDPSession(phone.page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    const edge = rightEdge((await phone.masks())[0]!, LIVER);
    const held = await phone.at(...edge);
    await touch("touchStart", [held]);
    await phone.page.waitForTimeout(700);
    await touch("touchEnd", []);
    await phone.ready();
    expect(inside((await phone.masks())[0]!, edge)).toBe(0);
    const start = (await phone.read((state) => state.study?.slice)) ?? 0;
    await touch("touchStart", [{ x, y }]);
    for (let i = 1; i <= 6; i++) await touch("touchMove", [{ x, y: y + i * 10 }]);
    await touch("touchEnd", []);
    expect(await phone.read((state) => state.study?.slice)).toBeGreaterThan(start);
    await touch("touchStart", [
      { x: x - 20, y },
      { x: x + 20, y },
    ]);
    await touch("touchMove", [
      { x: x - 40, y },
      { x: x + 40, y },
    ]);
    await touch("touchEnd", []);
    expect(await phone.read((state) => state.view.zoom)).toBeCloseTo(2, 1);
    await phone.page.context().close();
  });
});

describe("export", () => {
  const save = async (item: string): Promise<{ download: Download; bytes: Uint8Array<ArrayBuffer> }> => {
    await viewer.page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      viewer.page.waitForEvent("download"),
      viewer.page.getByRole("menuitem", { name: item }).click(),
    ]);
    return { download, bytes: new Uint8Array(await readFile(await download.path())) };
  };

  test("PNG, COCO and NIfTI hold the masks on the screen", async () => {
    await viewer.click(...LIVER);
    await viewer.page.keyboard.press("Enter");
    await viewer.click(...SPLEEN);
    const [liver, spleen] = await viewer.masks();

    const png = await save("PNG mask");
    const picture = await readImage([{ bytes: png.bytes }]);
    const { ijkToLps, size } = await viewer.read((state) => state.study!.info);
    const [columns, rows] = size;
    expect(picture.size).toEqual([columns, rows, 1]);

    const coco = JSON.parse(new TextDecoder().decode((await save("COCO JSON")).bytes));
    expect(coco.annotations.map(({ area }: { area: number }) => area)).toEqual([liver!.area, spleen!.area]);

    const nifti = await save("NIfTI labelmap");
    expect(nifti.download.suggestedFilename()).toBe("Phantom-labels.nii.gz");
    const labelmap = await readImage([{ bytes: nifti.bytes }]);
    expect(labelmap.size).toEqual(size);
    labelmap.ijkToLps.forEach((value, i) => {
      expect(value).toBeCloseTo(ijkToLps[i]!, 4);
    });
    const first = liver!.slice * columns * rows;
    const cut = labelmap.data.subarray(first, first + columns * rows);
    expect(cut.filter((value) => value === 2).length).toBe(spleen!.area);
    expect(cut.filter((value) => value === 1).length).toBeGreaterThan(0.9 * liver!.area);
    expect(labelmap.data.filter((value) => value > 0).length).toBe(cut.filter((value) => value > 0).length);
  });
});

describe.skipIf(!dataPath("tests/ct_dicom_j2k"))("a real CT series", () => {
  test("is opened from a folder by drop, and a click gives a mask", async () => {
    const folder = dataPath("tests/ct_dicom_j2k/series")!;
    const names = await readdir(folder);
    const files = await Promise.all(
      names.map(async (name) => ({ name, text: (await readFile(join(folder, name))).toString("base64") })),
    );
    await viewer.page.evaluate((list) => {
      const transfer = new DataTransfer();
      for (const { name, text } of list)
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, files);
    await viewer.page.waitForFunction(
      (count) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.study?.plane.count === count,
      names.length,
      { timeout: 60_000 },
    );
    await viewer.ready();
    const { width, height } = await viewer.read((state) => state.study!.plane);
    const middle = [Math.round(width * 0.35), Math.round(height * 0.45)] as const;
    await viewer.click(...middle);
    expect(inside(await only(), middle)).toBe(1);
    expect(await viewer.read((state) => state.study!.info.modality)).toBe("CT");
    expect(viewer.problems).toEqual([]);
  });
});

const defaultModel = join(repositoryRoot, "models", "default");

describe.skipIf(!existsSync(join(defaultModel, "manifest.json")))("the embedded model", () => {
  test("finds the phantom's liver with one click, spleen and kidney with a box", async () => {
    const { volume, labels, names } = createPhantom();
    const [width, height] = volume.size;
    const real = await startTestServer({ clientDir, modelDirs: [defaultModel] });
    const seen = await openViewer(browser, real.url);
    const slice = (await seen.read((state) => state.study?.slice)) ?? 0;
    const cut = labels.subarray(slice * width * height, (slice + 1) * width * height);
    for (const organ of ["left kidney", "spleen", "liver"]) {
      const truth = createMask(
        width,
        height,
        cut.map((value) => (names[value] === organ ? 1 : 0)),
      );
      const { x0, y0, x1, y1 } = maskBounds(truth)!;
      if (organ === "liver") await seen.click(...deepest(truth));
      else {
        await seen.page.keyboard.down("Shift");
        await seen.drag([
          [x0, y0],
          [x1, y1],
        ]);
        await seen.page.keyboard.up("Shift");
      }
      await seen.page
        .getByLabel(/^Name of label/)
        .last()
        .fill(organ[0]!.toUpperCase() + organ.slice(1));
      await seen.page.keyboard.press("Enter");
      if (organ !== "liver") await seen.page.getByRole("button", { name: "Accept" }).click();
      const found = (await seen.masks()).at(-1)!;
      expect(maskDice(found.mask, truth), organ).toBeGreaterThan(organ === "liver" ? 0.6 : 0.5);
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
