/** Work is never lost: every image's log is kept, found again, handed over, and written by one tab. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createMask } from "../../core/mask/mask.ts";
import { writeMaskPng } from "../../formats/index.ts";
import { saveExport } from "./viewer-export.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { viewerOn } from "./viewer-page.ts";
import { inside, LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

const disc = Buffer.from(
  writeMaskPng(
    createMask(
      120,
      90,
      Uint8Array.from({ length: 120 * 90 }, (_, n) => Number(Math.hypot((n % 120) - 60, n / 120 - 45) < 25)),
    ),
  ),
);
const PICTURE = { name: "disc.png", mimeType: "image/png", buffer: disc };

const openFile = async (page: Page, file: { name: string; mimeType: string; buffer: Buffer } | string) => {
  await page.getByLabel("Open image files").setInputFiles(file);
};
const named = (page: Page, name: string) =>
  page.waitForFunction(
    (wanted) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.name === wanted,
    name,
  );
const prompts = (page: Page) =>
  page.evaluate(
    () =>
      (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.filter(
        ({ kind }) => kind === "prompt",
      ).length,
  );
/** What the database holds of the open image. */
const kept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<{ log: string } | undefined>((resolve, reject) => {
        const { imageId } = (document.querySelector("viewer-app") as ViewerElement).app.store.state.image!.info;
        const opening = indexedDB.open("promptomy");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction("works").objectStore("works").get(imageId);
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result);
          };
        };
      }),
  );
const keptPrompts = async (page: Page) =>
  (JSON.stringify(await kept(page)) ?? "").split('\\"kind\\":\\"prompt\\"').length - 1;
const another = async (): Promise<Page> => {
  const page = await stage.viewer.page.context().newPage();
  await page.goto(stage.server.url);
  return page;
};
const openDialog = (page: Page) => page.getByRole("button", { name: "Work: what is kept" }).click();

describe("the library", () => {
  test("opening another image costs no prompt: each image has its own work, and the list leads back", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const before = await stage.only();
    await openFile(page, PICTURE);
    await named(page, "disc.png");
    await stage.viewer.ready();
    expect(await stage.viewer.masks()).toEqual([]);
    await stage.viewer.click(60, 45);
    await openDialog(page);
    await page.getByRole("button", { name: "Open Phantom" }).click();
    await named(page, "Phantom");
    await stage.viewer.ready();
    expect((await stage.only()).mask).toEqual(before.mask);
    await openFile(page, PICTURE);
    await named(page, "disc.png");
    await stage.viewer.ready();
    expect(inside(await stage.only(), [60, 45])).toBe(1);
  });

  test("closing the tab costs no prompt, not even the one just given", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const { x, y } = await stage.viewer.at(...SPLEEN);
    await page.mouse.click(x, y);
    await page.close();
    const again = await another();
    const viewer = viewerOn(again, []);
    await viewer.ready();
    expect(await prompts(again)).toBe(2);
    expect((await viewer.masks()).length).toBe(1);
  });

  test("forgotten work comes back by Undo", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await openFile(page, PICTURE);
    await named(page, "disc.png");
    await openDialog(page);
    await page.getByRole("button", { name: "Forget the work on Phantom" }).click();
    await page.locator("toast-stack").getByRole("button", { name: "Undo", exact: true }).click();
    await page.getByRole("button", { name: "Open Phantom" }).click();
    await named(page, "Phantom");
    expect(await prompts(page)).toBe(1);
  });

  test("the session of an earlier release is taken over, accepted objects locked", async () => {
    const { page } = stage.viewer;
    const { imageId } = await stage.viewer.read((state) => state.image!.info);
    await page.evaluate(
      ([id, x, y]) => {
        const at = { imageId: id, plane: "axial", slice: 20, window: { center: 40, width: 400 }, embeddingId: id };
        const log = {
          version: 1,
          entries: [
            { kind: "add-object", objectId: "label-1", name: "Old", color: "#56B4E9" },
            { kind: "prompt", objectId: "label-1", at, prompts: [{ kind: "point", x, y, label: "foreground" }] },
          ],
        };
        const saved = { version: 1, imageId: id, name: "Phantom", plane: "axial", slice: 20, window: null };
        const rest = { encodeWindow: null, log: JSON.stringify(log), activeLabel: "label-1", hidden: [] };
        sessionStorage.clear();
        sessionStorage.setItem("promptomy.session", JSON.stringify({ ...saved, ...rest, accepted: ["label-1"] }));
      },
      [imageId, ...LIVER] as const,
    );
    await page.reload();
    await stage.viewer.ready();
    expect(await page.getByLabel("Name of segment 1").inputValue()).toBe("Old");
    expect(await page.getByRole("button", { name: "Unlock Old" }).count()).toBe(1);
    expect(await stage.viewer.read((state) => state.image?.slice)).toBe(20);
    await page.keyboard.press("Control+z");
    await page.getByRole("button", { name: "Lock Old", exact: true }).waitFor();
    await page.waitForFunction(() => sessionStorage.getItem("promptomy.session") === null);
  });

  test("work of a newer release is kept letter by letter, said, and not written over", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.waitForTimeout(300);
    const newer = '{"version":99,"entries":[{"kind":"hologram"}]}';
    await page.evaluate(
      (log) =>
        new Promise<void>((resolve) => {
          const opening = indexedDB.open("promptomy");
          opening.onsuccess = () => {
            const works = opening.result.transaction("works", "readwrite").objectStore("works");
            const reading = works.getAll();
            reading.onsuccess = () => {
              works.put({ ...reading.result[0], log }).onsuccess = () => {
                opening.result.close();
                resolve();
              };
            };
          };
        }),
      newer,
    );
    // The page itself still knows the old work; a fresh tab reads what is there.
    await page.goto("about:blank");
    const again = await another();
    const viewer = viewerOn(again, []);
    await viewer.ready();
    await again.getByText("saved by a newer Promptomy (version 99)").waitFor();
    const { x, y } = await viewer.at(...LIVER);
    await again.mouse.click(x, y);
    await again.waitForTimeout(600);
    expect(await prompts(again)).toBe(0);
    expect((await kept(again))?.log).toBe(newer);
  });

  test("a full storage is said, the work goes on, and the project can still be saved", async () => {
    const { page } = stage.viewer;
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await stage.viewer.click(...LIVER);
    await page.getByText("The browser's storage is full").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("notice-strip").getByRole("button", { name: "Save project" }).click(),
    ]);
    const project = JSON.parse(await readFile(await download.path(), "utf8"));
    expect(project.works[0].log.entries.length).toBe(2);
  });
});

describe("two tabs on one image", () => {
  test("one writes; the other follows, says so, and may take over without losing a line", async () => {
    const first = stage.viewer;
    await first.click(...LIVER);
    const page = await another();
    const second = viewerOn(page, []);
    await second.ready();
    await page.getByText("open in another tab").waitFor();
    const { x, y } = await second.at(...SPLEEN);
    await page.mouse.click(x, y);
    expect(await prompts(page)).toBe(1);
    await first.page.bringToFront();
    await first.click(...SPLEEN);
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.length === 3,
    );
    await page.bringToFront();
    await page.getByRole("button", { name: "Work here instead" }).click();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.keeping.state === "kept",
    );
    await second.click(LIVER[0] + 20, LIVER[1] + 8);
    await first.page.getByText("open in another tab").waitFor();
    await page.waitForTimeout(300);
    expect(await keptPrompts(page)).toBe(3);
    await page.close();
    await first.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.keeping.state === "kept",
    );
    expect(await prompts(first.page)).toBe(3);
  });
});

describe("a project", () => {
  const saveProject = async (page: Page, path: string) => {
    await openDialog(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save project", exact: true }).click(),
    ]);
    await download.saveAs(path);
    await page.keyboard.press("Escape");
    return download.suggestedFilename();
  };

  test("is saved, and opens in another browser before or after its image", async () => {
    const { page } = stage.viewer;
    await openFile(page, PICTURE);
    await named(page, "disc.png");
    await stage.viewer.ready();
    await stage.viewer.click(60, 45);
    await page.getByLabel("Name of segment 1").fill("Disc");
    await page.keyboard.press("Enter");
    const path = join(stage.clientDir, "project.json");
    expect(await saveProject(page, path)).toMatch(/^disc\.png_[0-9a-f]{8}\.promptomy\.json$/);

    const other = await stage.browser.newContext();
    const fresh = await other.newPage();
    await fresh.goto(stage.server.url);
    const viewer = viewerOn(fresh, []);
    await viewer.ready();
    // The server has the image, so that it opens with its work.
    await openFile(fresh, path);
    await named(fresh, "disc.png");
    await viewer.ready();
    expect(await fresh.getByLabel("Name of segment 1").inputValue()).toBe("Disc");
    expect(inside((await viewer.masks())[0]!, [60, 45])).toBe(1);
    // Again, over the image that is open: nothing is doubled.
    await openFile(fresh, path);
    await fresh.getByText("Project opened").waitFor();
    expect(await prompts(fresh)).toBe(1);
    await other.close();
  });
});

describe("a project whose image is nowhere yet", () => {
  test("is kept, and its work is there once the image is opened", async () => {
    const { page } = stage.viewer;
    await openFile(page, PICTURE);
    await named(page, "disc.png");
    await stage.viewer.ready();
    await stage.viewer.click(60, 45);
    const { imageId } = await stage.viewer.read((state) => state.image!.info);
    const project = await page.evaluate(() =>
      (document.querySelector("viewer-app") as ViewerElement).app.keeper.projectFile(),
    );
    const other = await stage.browser.newContext();
    const fresh = await other.newPage();
    await fresh.route(`**/v1/images/${imageId}`, (route) =>
      route.fulfill({
        status: 404,
        contentType: "application/problem+json",
        body: JSON.stringify({ status: 404, code: "ImageNotFound", info: { imageId } }),
      }),
    );
    await fresh.goto(stage.server.url);
    const viewer = viewerOn(fresh, []);
    await viewer.ready();
    await openFile(fresh, {
      name: project!.name,
      mimeType: "application/json",
      buffer: Buffer.from(project!.text),
    });
    await fresh.getByText("Project opened: disc.png").waitFor();
    expect(await prompts(fresh)).toBe(0);
    await openDialog(fresh);
    await fresh.getByRole("button", { name: "Open disc.png" }).click();
    await fresh.getByText("The server does not have this image any more.").waitFor();
    await fresh.keyboard.press("Escape");
    await openFile(fresh, PICTURE);
    await named(fresh, "disc.png");
    await viewer.ready();
    expect(await prompts(fresh)).toBe(1);
    expect(inside((await viewer.masks())[0]!, [60, 45])).toBe(1);
    await other.close();
  });
});

describe("undo", () => {
  test("goes to the slice and the segment it changes", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    const slice = await stage.viewer.read((state) => state.image!.slice);
    await page.getByRole("button", { name: "Hide Segment 1" }).click();
    await page.keyboard.press("PageDown");
    await stage.viewer.ready();
    await page.keyboard.press("Control+z");
    expect(await stage.viewer.read((state) => state.image!.slice)).toBe(slice);
    expect(await stage.viewer.masks()).toEqual([]);
    await page.keyboard.press("PageDown");
    await page.keyboard.press("Control+Shift+z");
    expect(await stage.viewer.read((state) => state.image!.slice)).toBe(slice);
    expect(await stage.viewer.read((state) => state.hidden.size)).toBe(0);
    await stage.viewer.ready();
    await stage.only();
  });

  test("of a toast takes back what the toast says, and is gone once something else is done", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.getByRole("button", { name: "Delete Segment 1" }).click();
    await page.locator("toast-stack").getByRole("button", { name: "Undo" }).click();
    await stage.viewer.ready();
    expect((await stage.only()).segment).toBe("segment-1");
    await page.getByRole("button", { name: "Delete Segment 1" }).click();
    await stage.viewer.click(...SPLEEN);
    expect(await page.locator("toast-stack").getByRole("button", { name: "Undo" }).count()).toBe(0);
    // A number is never given again.
    expect((await stage.only()).segment).toBe("segment-2");
  });

  test("of Accept unlocks the segment", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("Enter");
    expect(await stage.viewer.read((state) => state.log.done.at(-1)?.kind)).toBe("change-segment");
    await page.keyboard.press("Backspace");
    await page.getByText("Segment 1 is locked.").waitFor();
    await stage.only();
    await page.keyboard.press("Control+z");
    await stage.viewer.click(...SPLEEN);
    expect((await stage.viewer.masks()).map(({ segment }) => segment)).toEqual(["segment-1"]);
  });
});

describe("export", () => {
  const coco = async (prepare?: (page: Page) => Promise<void>) => {
    const { files } = await saveExport(stage.viewer.page, "COCO JSON", prepare);
    return JSON.parse(new TextDecoder().decode(Object.values(files)[0])) as {
      annotations: { category_id: number }[];
      images: { file_name: string }[];
    };
  };

  test("right after a reload it waits for every mask, and holds all of them", async () => {
    const { page } = stage.viewer;
    for (let i = 0; i < 4; i++) {
      await stage.viewer.click(...LIVER);
      await page.keyboard.press("ArrowDown");
      await stage.viewer.ready();
    }
    const chains = await prompts(page);
    expect(chains).toBe(4);
    await page.reload();
    await page.getByRole("button", { name: "Export", exact: true }).waitFor();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.length > 0,
    );
    expect((await coco()).annotations).toHaveLength(4);
  });

  test("leaves hidden segments out unless the box says so, and says which", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("n");
    await stage.viewer.click(...SPLEEN);
    await page.getByRole("button", { name: "Hide Segment 1" }).click();
    const shown = await coco((dialog) => dialog.getByText("Left out, because hidden: Segment 1").waitFor());
    expect(shown.annotations.map(({ category_id }) => category_id)).toEqual([2]);
    const all = await coco((dialog) => dialog.getByLabel("Also the hidden segment").check());
    expect(all.annotations.map(({ category_id }) => category_id)).toEqual([1, 2]);
  });

  test("says what is covered and by how much before it writes", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("n");
    await stage.viewer.click(LIVER[0] + 2, LIVER[1] + 2);
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await page.getByRole("radio", { name: "NIfTI" }).check();
    await page.getByText(/Segment \d loses [\d,]+ voxels? \(\d+%\) to Segment \d\./).waitFor();
    await page.getByLabel("Where segments overlap").selectOption("separate");
    await page.getByText("holds overlapping segments as they are").waitFor();
  });

  test("refuses with the count when a mask cannot be computed", async () => {
    const { page } = stage.viewer;
    await stage.viewer.click(...LIVER);
    await page.evaluate(() => {
      const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
      const [view] = store.state.masks.values();
      store.set({ masks: new Map(), failed: new Set([view!.chain]) });
    });
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await page.getByText("1 of 1 masks could not be computed").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await page.locator("export-dialog").getByRole("button", { name: "Try again" }).click();
    await page.getByText("1 segment, 1 mask.").waitFor();
  });
});
