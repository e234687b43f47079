/** Work is never lost: every image's log is kept and found again. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { viewerOn } from "./viewer-page.ts";
import { inside, LIVER, SPLEEN, viewerStage } from "./viewer-stage.ts";
import { another, kept, named, openDialog, openFile, PICTURE, prompts } from "./viewer-work.ts";

const stage = viewerStage();

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
    const again = await another(stage);
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
    const again = await another(stage);
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
