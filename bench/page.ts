/** `npm run bench -- page [N]`: N fresh pages of the viewer, each clicked as soon as its slice is shown, to the painted mask. */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build } from "vite";
import type { App } from "../client/app/app.ts";
import { launchBrowser } from "../test/support/browser.ts";
import { startTestServer } from "../test/support/serve.ts";
import { machine, type Sample, sampleOf } from "./report.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** In the phantom's liver. */
const CLICK = { x: 80, y: 90 };

interface Marks {
  shown?: number;
  mask?: number;
  ready?: number;
}
type Marked = typeof globalThis & { marks: Marks };
type Viewer = HTMLElement & { app: App };

/**
 * Runs in the page from its start: notes when the slice, the first mask and the browser's own decoder are there. No named inner
 * functions: tsx would name them by a helper that the page lacks.
 */
function watch() {
  const marks: Marks = {};
  (globalThis as Marked).marks = marks;
  setInterval(() => {
    const state = (document.querySelector("viewer-app") as Viewer | null)?.app.store.state;
    if (state?.image?.pixels) marks.shown ??= performance.now();
    if (state && state.masks.size > 0) marks.mask ??= performance.now();
    if (state?.engine?.state === "ready") marks.ready ??= performance.now();
  }, 4);
}

/** Milliseconds: start of the page → slice, slice → first mask, start → decoder ready. */
async function openOnce(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  await page.waitForFunction(() => (globalThis as Marked).marks.shown !== undefined);
  const place = await page.evaluate(({ x, y }) => {
    const stage = document.querySelector("viewer-app")?.shadowRoot?.querySelector("image-stage");
    const bounds = stage?.getBoundingClientRect();
    const viewport = (
      stage as (HTMLElement & { viewport(): Record<"left" | "top" | "scaleX" | "scaleY", number> }) | null
    )?.viewport();
    if (!bounds || !viewport) throw new RangeError("Expected an image on the stage, got none.");
    return { x: bounds.x + viewport.left + x * viewport.scaleX, y: bounds.y + viewport.top + y * viewport.scaleY };
  }, CLICK);
  await page.mouse.click(place.x, place.y);
  await page.waitForFunction(() => {
    const { mask, ready } = (globalThis as Marked).marks;
    return mask !== undefined && ready !== undefined;
  });
  const { shown = 0, mask = 0, ready = 0 } = await page.evaluate(() => (globalThis as Marked).marks);
  await context.close();
  return { shown, mask: mask - shown, ready };
}

/** Prints what it measured. */
export async function pages(args: readonly string[]): Promise<void> {
  const count = Number(args[0] ?? 7);
  const outDir = await mkdtemp(join(tmpdir(), "bench-page-"));
  await build({ configFile: at("client/app/vite.config.ts"), logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await startTestServer({ modelDirs: [at("models/default")], clientDir: outDir });
  const browser = await launchBrowser();
  try {
    const opened: Awaited<ReturnType<typeof openOnce>>[] = [];
    for (let n = 0; n < count; n++) opened.push(await openOnce(browser, server.url));
    const said = ({ median, min, max }: Sample) => `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)}) ms`;
    console.log(`${count} fresh pages on the phantom, median (range):`);
    console.log(`  page → slice shown                ${said(sampleOf(opened.map(({ shown }) => shown)))}`);
    console.log(`  slice shown, clicked → first mask ${said(sampleOf(opened.map(({ mask }) => mask)))}`);
    console.log(`  page → decoder of the browser     ${said(sampleOf(opened.map(({ ready }) => ready)))}`);
    console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    await browser.close();
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  }
}
