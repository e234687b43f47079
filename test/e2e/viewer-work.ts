/** What the tests of kept work share: a picture to open, the log on the page, and what the database holds. */
import type { Page } from "playwright-core";
import { createMask } from "../../core/mask/mask.ts";
import { writeMaskPng } from "../../formats/index.ts";
import type { ViewerElement } from "./viewer-page.ts";
import type { ViewerStage } from "./viewer-stage.ts";

const disc = Buffer.from(
  writeMaskPng(
    createMask(
      120,
      90,
      Uint8Array.from({ length: 120 * 90 }, (_, n) => Number(Math.hypot((n % 120) - 60, n / 120 - 45) < 25)),
    ),
  ),
);
export const PICTURE = { name: "disc.png", mimeType: "image/png", buffer: disc };

export const openFile = async (page: Page, file: { name: string; mimeType: string; buffer: Buffer } | string) => {
  await page.getByLabel("Open image files").setInputFiles(file);
};
export const named = (page: Page, name: string) =>
  page.waitForFunction(
    (wanted) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.name === wanted,
    name,
  );
export const prompts = (page: Page) =>
  page.evaluate(
    () =>
      (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.done.filter(
        ({ kind }) => kind === "prompt",
      ).length,
  );

/** What the database holds of the open image. */
export const kept = (page: Page) =>
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
export const keptPrompts = async (page: Page) =>
  (JSON.stringify(await kept(page)) ?? "").split('\\"kind\\":\\"prompt\\"').length - 1;
/** Another tab of the same browser. */
export const another = async (stage: ViewerStage): Promise<Page> => {
  const page = await stage.viewer.page.context().newPage();
  await page.goto(stage.server.url);
  return page;
};
export const openDialog = (page: Page) => page.getByRole("button", { name: "Work: what is kept" }).click();
