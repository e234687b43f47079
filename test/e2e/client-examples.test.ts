import { readdirSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePng } from "../../formats/index.ts";
import type { StartOptions } from "../../server/node.ts";
import { launchBrowser } from "../support/browser.ts";
import { repositoryRoot } from "../support/data.ts";
import { type BuiltPage, buildPage, serveForeign, startTestServer } from "../support/serve.ts";
import { builtViewer } from "./viewer-page.ts";

const NAMES = readdirSync(join(repositoryRoot, "examples")).filter((name) => /^\d\d-/.test(name));

let examples: BuiltPage;
let browser: Browser;
beforeAll(async () => {
  examples = await buildPage(join(repositoryRoot, "examples"), join(repositoryRoot, "examples/vite.config.ts"));
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await examples?.remove();
});

/** Opens a page of a real server that was started with `--examples`, and runs the test in it. */
async function inPage(path: string, run: (page: Page, url: string) => Promise<void>, more: StartOptions = {}) {
  const server = await startTestServer({ examples: true, examplesDir: examples.dir, ...more });
  const page = await browser.newPage();
  const refused: string[] = [];
  page.on("console", (message) => /Content.Security.Policy/i.test(message.text()) && refused.push(message.text()));
  try {
    await page.goto(`${server.url}${path}`);
    await run(page, server.url);
    expect(refused).toEqual([]);
  } finally {
    await page.close();
    await server.close();
  }
}

const inExample = (name: string, run: (page: Page) => Promise<void>, more?: StartOptions) =>
  inPage(`/examples/${name}/`, run, more);

/** A first decode compiles its graphs, which takes a while on a busy machine. */
const POLL = { timeout: 60_000, interval: 500 };

/** In the middle of the slice that the viewer opens, once it takes prompts. */
async function clickInFrame(page: Page): Promise<void> {
  await statusOf(page, /^Click a structure/);
  const viewer = page.frameLocator("iframe");
  await viewer.locator(".notices .hint").waitFor({ timeout: 60_000 });
  await viewer.locator("canvas").first().click();
  await statusOf(page, /^Segment 1: [1-9]\d* pixels on slice \d+$/);
}

const statusOf = (page: Page, pattern: RegExp) =>
  page.locator("#status").filter({ hasText: pattern }).waitFor({ timeout: 60_000 });

test("the page of the examples lists each with a line, its code, and a link that leads there", () =>
  inPage("/examples", async (page) => {
    await page.locator("li a").last().waitFor();
    expect(new URL(page.url()).pathname).toBe("/examples/");
    expect(await page.locator("li a").allTextContents()).toEqual(NAMES);
    for (const line of await page.locator("li > p").allTextContents()) expect(line).toMatch(/^[A-Z].{20,}\.$/);
    await page.locator("summary").first().click();
    expect(await page.locator("pre").first().textContent()).toContain('from "@promptomy/client"');
    await page.getByRole("link", { name: "01-point" }).click();
    await page.locator("canvas").waitFor();
    expect(new URL(page.url()).pathname).toBe("/examples/01-point/");
  }));

test("a server that was not asked for the examples has none, and one without their build says how to build them", async () => {
  const server = await startTestServer({ examplesDir: examples.dir });
  expect((await fetch(`${server.url}/examples/`)).status).toBe(404);
  await server.close();
  await expect(startTestServer({ examples: true, examplesDir: join(examples.dir, "nowhere") })).rejects.toMatchObject({
    code: "InvalidRequest",
    message: expect.stringContaining("npm start -- --examples"),
  });
});

/** A bright disc on a dark ground, as wide as half of the picture. */
function disc(size: number): Buffer {
  const inside = (n: number) => Math.hypot((n % size) - size / 2, Math.floor(n / size) - size / 2) < size / 4;
  const data = Uint8Array.from({ length: size * size }, (_, n) => (inside(n) ? 200 : 30));
  return Buffer.from(writePng({ width: size, height: size, channels: 1, data }));
}

/** How many pixels of the canvas are greener than the grey picture: those under the mask. */
const green = (page: Page) =>
  page.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, n) => n % 4 === 1 && value > data[n - 1]! + 20).length;
  });

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

  test("07-offline segments a picture of one's own with the network cut", () =>
    inExample("07-offline", async (page) => {
      await statusOf(page, /^Choose a picture/);
      await page.locator("input").setInputFiles({ name: "disc.png", mimeType: "image/png", buffer: disc(128) });
      await statusOf(page, /^Click a structure/); // the model is loaded with the first picture
      await page.context().setOffline(true);
      await expect
        .poll(async () => {
          await page.locator("canvas").click({ position: { x: 64, y: 64 } });
          return page.locator("#status").textContent();
        }, POLL)
        .toMatch(/^[1-9]\d+ pixels, encoded and decoded here$/);
    }));

  test("03-volume says the volume of what was clicked", () =>
    inExample("03-volume", async (page) => {
      await statusOf(page, /^Click a structure/);
      await page.locator("canvas").click({ position: { x: 100, y: 90 } });
      await statusOf(page, /^\d+\.\d ml, longest \d+ mm$/);
      expect(await green(page)).toBeGreaterThan(0);
    }));

  test("05-element tells the page of the mask of a click", () =>
    inExample("05-element", async (page) => {
      const viewer = page.locator("promptomy-viewer");
      await viewer.locator(".notices .hint").waitFor({ timeout: 60_000 }); // over a slice that is shown
      await viewer.locator("canvas").first().click();
      await statusOf(page, /^Segment 1: [1-9]\d* pixels on slice \d+$/);
    }));

  test("06-frame tells the page around the viewer of the mask of a click", async () =>
    inExample("06-frame", clickInFrame, { clientDir: await builtViewer() }));

  test("06-frame does the same in a page of another origin that the server allows", async () => {
    const copy = await mkdtemp(join(tmpdir(), "examples-"));
    await cp(examples.dir, copy, { recursive: true });
    const foreign = await serveForeign(copy);
    const frameAncestors = [new URL(foreign.url).origin];
    const server = await startTestServer({ clientDir: await builtViewer(), frameAncestors });
    const file = join(copy, "06-frame/index.html");
    await writeFile(file, (await readFile(file, "utf8")).replace('src="/"', `src="${server.url}/"`));
    const page = await browser.newPage();
    try {
      await page.goto(`${foreign.url}06-frame/`);
      await clickInFrame(page);
    } finally {
      await page.close();
      await Promise.all([server.close(), foreign.close()]);
      await rm(copy, { recursive: true });
    }
  });

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

  test("02-box takes the corners of a picture that is shown smaller than it is", () =>
    inExample(
      "02-box",
      async (page) => {
        await page.locator("input").setInputFiles({ name: "disc.png", mimeType: "image/png", buffer: disc(2000) });
        await statusOf(page, /^Drag a box/);
        await page.setViewportSize({ width: 1000, height: 1200 });
        const canvas = page.locator("canvas");
        const { x = 0, y = 0, width = 0 } = (await canvas.boundingBox()) ?? {};
        expect(width).toBeLessThan(1000);
        // From the lower right corner, a little outside of the disc.
        await page.mouse.move(x + 0.78 * width, y + 0.78 * width);
        await page.mouse.down();
        await page.mouse.move(x + 0.22 * width, y + 0.22 * width);
        await page.mouse.up();
        await statusOf(page, /^\d+ pixels, predicted IoU/);
        const truth = Math.PI * 500 ** 2;
        expect(Number.parseInt((await page.locator("#status").textContent()) ?? "", 10) / truth).toBeCloseTo(1, 1);
      },
      { modelDirs: [join(repositoryRoot, "models/default")] },
    ));

  test("a page of a server that is gone says so", () =>
    inExample("01-point", async (page) => {
      await page.route("**/v1/**", (route) => route.abort());
      await page.reload();
      await statusOf(page, /ServerUnreachable.*Is the server at .* up/);
    }));
});
