import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Manifest } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import type { StartOptions } from "../../server/node.ts";
import { launchBrowser } from "../support/browser.ts";
import { repositoryRoot } from "../support/data.ts";
import { buildPage, serveForeign, startTestServer } from "../support/serve.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** Builds an example, serves it beside a real server and runs the test in its page. */
async function inExample(name: string, run: (page: Page) => Promise<void>, more: StartOptions = {}): Promise<void> {
  const built = await buildPage(
    fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)),
    fileURLToPath(new URL("../../examples/vite.config.ts", import.meta.url)),
  );
  const server = await startTestServer({ clientDir: built.dir, ...more });
  const page = await browser.newPage();
  try {
    await page.goto(server.url);
    await run(page);
  } finally {
    await page.close();
    await server.close();
    await built.remove();
  }
}

/** A first decode compiles its graphs, which takes a while on a busy machine. */
const POLL = { timeout: 60_000, interval: 500 };

const statusOf = (page: Page, pattern: RegExp) =>
  page.locator("#status").filter({ hasText: pattern }).waitFor({ timeout: 60_000 });

/** The model's folder as a static build has it. */
async function copyModel(dir: string): Promise<void> {
  const from = join(repositoryRoot, "models/default");
  await cp(from, dir, { recursive: true });
  await cp(join(repositoryRoot, "models/vocabulary.json"), join(dir, "vocabulary.json"));
  const manifest = Manifest.parse(JSON.parse(await readFile(join(from, "manifest.json"), "utf8")));
  await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest));
}

/** A bright disc on a dark ground. */
function disc(): Buffer {
  const inside = (n: number) => Math.hypot((n % 128) - 64, Math.floor(n / 128) - 64) < 30;
  const data = Uint8Array.from({ length: 128 * 128 }, (_, n) => (inside(n) ? 200 : 30));
  return Buffer.from(writePng({ width: 128, height: 128, channels: 1, data }));
}

describe("the examples", () => {
  test("01-point shows the mask of a click", () =>
    inExample("01-point", async (page) => {
      await statusOf(page, /^WASM/);
      await expect
        .poll(async () => {
          await page.locator("canvas").click({ position: { x: 100, y: 90 } });
          return page.locator("#status").textContent();
        }, POLL)
        .toMatch(/^\d+ pixels, predicted IoU \d\.\d\d, on wasm$/);
    }));

  test("04-names finds what the phantom shows, and names a click", () =>
    inExample(
      "04-names",
      async (page) => {
        await statusOf(page, /^(\d+) of \1 names: .*liver/);
        await expect
          .poll(async () => {
            await page.locator("canvas").click({ position: { x: 80, y: 90 } });
            return page.locator("#status").textContent();
          }, POLL)
          .toMatch(/^May be liver \d+ %/);
      },
      { modelDirs: [join(repositoryRoot, "models/default")] },
    ));

  test("07-offline segments a picture with no server and the network cut", async () => {
    const built = await buildPage(
      fileURLToPath(new URL("../../examples/07-offline", import.meta.url)),
      fileURLToPath(new URL("../../examples/vite.config.ts", import.meta.url)),
    );
    await copyModel(join(built.dir, "model"));
    const files = await serveForeign(built.dir);
    const page = await browser.newPage();
    try {
      await page.goto(files.url);
      await statusOf(page, /^Choose a picture/);
      await page.locator("input").setInputFiles({ name: "disc.png", mimeType: "image/png", buffer: disc() });
      await statusOf(page, /^Click a structure/); // the model is loaded with the first picture
      await page.context().setOffline(true);
      await expect
        .poll(async () => {
          await page.locator("canvas").click({ position: { x: 64, y: 64 } });
          return page.locator("#status").textContent();
        }, POLL)
        .toMatch(/^[1-9]\d+ pixels, encoded and decoded here$/);
    } finally {
      await page.close();
      await files.close();
      await built.remove();
    }
  });

  test("03-volume says the volume of what was clicked", () =>
    inExample("03-volume", async (page) => {
      await statusOf(page, /^Click a structure/);
      await page.locator("canvas").click({ position: { x: 100, y: 90 } });
      await statusOf(page, /^\d+\.\d ml, longest \d+ mm$/);
    }));

  test("05-element tells the page of the mask of a click", () =>
    inExample("05-element", async (page) => {
      const viewer = page.locator("promptomy-viewer");
      await viewer.locator(".notices .hint").waitFor({ timeout: 60_000 }); // over a slice that is shown
      await viewer.locator("canvas").first().click();
      await statusOf(page, /^Segment 1: [1-9]\d* pixels on slice \d+$/);
    }));

  test("02-box shows the mask of a box in a chosen file", () =>
    inExample("02-box", async (page) => {
      const data = Uint8Array.from({ length: 200 * 150 }, (_, i) => ((i % 200) + Math.floor(i / 200)) % 256);
      const png = writePng({ width: 200, height: 150, channels: 1, data });
      await page.locator("input").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from(png) });
      await statusOf(page, /^Drag a box/);
      const { x = 0, y = 0 } = (await page.locator("canvas").boundingBox()) ?? {};
      await page.mouse.move(x + 40, y + 30);
      await page.mouse.down();
      await page.mouse.move(x + 120, y + 100);
      await page.mouse.up();
      await statusOf(page, /^\d+ pixels, predicted IoU/);
    }));
});
