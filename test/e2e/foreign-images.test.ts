/** Slices of a server as pictures in pages of other origins. */
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import {
  type BuiltPage,
  buildPage,
  type Served,
  serveForeign,
  startTestServer,
  type TestServer,
} from "../support/serve.ts";

let built: BuiltPage;
let allowed: Served;
let stranger: Served;
let server: TestServer;
let browser: Browser;
let slice: string;
beforeAll(async () => {
  built = await buildPage(fileURLToPath(new URL("../support/frame-page", import.meta.url)));
  [allowed, stranger] = await Promise.all([serveForeign(built.dir), serveForeign(built.dir)]);
  server = await startTestServer({ corsOrigins: [new URL(allowed.url).origin] });
  browser = await launchBrowser();
  const [{ imageId }] = await (await fetch(`${server.url}/v1/studies`)).json();
  slice = `${server.url}/v1/images/${imageId}/slices/axial/48?window=auto`;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.close(), allowed?.close(), stranger?.close()]);
  await built?.remove();
});

/** What a page sees of `<img crossorigin>`: its brightest pixel, or why it has none. */
async function brightest(host: Served, crossOrigin: "anonymous" | null): Promise<number | string> {
  const page: Page = await browser.newPage();
  await page.goto(host.url);
  const seen = await page.evaluate(
    async ({ slice, crossOrigin }) => {
      const image = new Image();
      image.crossOrigin = crossOrigin;
      image.src = slice;
      try {
        await image.decode();
      } catch (error) {
        return (error as Error).name;
      }
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width: image.width, height: image.height });
      const context = canvas.getContext("2d")!;
      context.drawImage(image, 0, 0);
      return Math.max(...context.getImageData(0, 0, image.width, image.height).data.filter((_, n) => n % 4 === 0));
    },
    { slice, crossOrigin },
  );
  await page.close();
  return seen;
}

describe("a slice as a picture of another page", () => {
  test("is read by a page that is allowed, with crossorigin", async () => {
    expect(await brightest(allowed, "anonymous")).toBeGreaterThan(200);
  });

  test.each([
    { name: "a page that is not allowed", host: () => stranger, crossOrigin: "anonymous" as const },
    { name: "a page that does not say crossorigin", host: () => allowed, crossOrigin: null },
  ])("is not shown in $name", async ({ host, crossOrigin }) => {
    expect(await brightest(host(), crossOrigin)).toBe("EncodingError");
  });
});
