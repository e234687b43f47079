/**
 * `npm run bench -- surface --data FOLDER [--rounds N]`: a click in the liver of a CT of 119 slices of 512 × 512, propagated;
 * then, once the job has ended, the four views, to the surface on the screen. The slices are those of `ct_dicom_j2k`, blended
 * along z: as many voxels as a real one, for the clock alone.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import type { App } from "../client/app/app.ts";
import { launchBrowser } from "../test/support/browser.ts";
import { startTestServer } from "../test/support/serve.ts";
import { open } from "./organs/volume.ts";
import { machine, type Sample, sampleOf } from "./report.ts";
import { stretched } from "./stretched.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const SLICES = 119;
const STUDY = "tests/ct_dicom_j2k/series";
/** In the liver, on the middle slice. */
const CLICK = { x: 165, y: 225 };

type Viewer = HTMLElement & { app: App };
type Marked = typeof globalThis & { asked: number; seen: number };

/** Clicks, propagates, and waits for the end of the job; its slices. */
async function propagated(page: Page): Promise<number> {
  await page.waitForFunction(() => {
    const image = (document.querySelector("viewer-app") as Viewer | null)?.app.store.state.image;
    return image?.pixels && image.stage === "ready";
  });
  const place = await page.evaluate(({ x, y }) => {
    const stage = document.querySelector("viewer-app")?.shadowRoot?.querySelector("image-stage");
    const bounds = stage?.getBoundingClientRect();
    type Stage = HTMLElement & { viewport(): Record<"left" | "top" | "scaleX" | "scaleY", number> };
    const viewport = (stage as Stage | null)?.viewport();
    if (!bounds || !viewport) throw new RangeError("Expected an image on the stage, got none.");
    return { x: bounds.x + viewport.left + x * viewport.scaleX, y: bounds.y + viewport.top + y * viewport.scaleY };
  }, CLICK);
  await page.mouse.click(place.x, place.y);
  await page.waitForFunction(() => (document.querySelector("viewer-app") as Viewer).app.store.state.masks.size > 0);
  await page.keyboard.press("Shift+P");
  await page.waitForFunction(
    () => {
      const { job, masks } = (document.querySelector("viewer-app") as Viewer).app.store.state;
      return !job && masks.size > 20;
    },
    null,
    { timeout: 300_000 },
  );
  return page.evaluate(() => (document.querySelector("viewer-app") as Viewer).app.store.state.masks.size);
}

/** Milliseconds from the key to the surface. */
async function shown(page: Page): Promise<number> {
  await page.evaluate(() => {
    addEventListener("keydown", () => {
      (globalThis as Marked).asked = performance.now();
    });
    setInterval(() => {
      const pane = document.querySelector("viewer-app")?.shadowRoot?.querySelector("volume-pane");
      if (pane && !(pane as HTMLElement & { empty: boolean }).empty) (globalThis as Marked).seen ??= performance.now();
    }, 4);
  });
  await page.keyboard.press("q");
  await page.waitForFunction(() => (globalThis as Marked).seen !== undefined, null, { timeout: 120_000 });
  return page.evaluate(() => (globalThis as Marked).seen - (globalThis as Marked).asked);
}

async function once(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  const slices = await propagated(page);
  const ms = await shown(page);
  const out = process.env.SCREENSHOT;
  if (out) await page.screenshot({ path: out });
  await context.close();
  return { slices, ms };
}

/** Prints what it measured. */
export async function surface(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { data: { type: "string" }, rounds: { type: "string", default: "3" } },
  });
  if (!values.data) throw new RangeError("bench surface needs --data FOLDER.");
  const body = stretched(await open(join(values.data, STUDY)), SLICES);
  const outDir = await mkdtemp(join(tmpdir(), "bench-surface-"));
  await build({ configFile: at("client/app/vite.config.ts"), logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await startTestServer({ modelDirs: [at("models/default")], clientDir: outDir });
  const browser = await launchBrowser();
  try {
    const answer = await fetch(new URL("/v1/images", server.url), { method: "POST", body });
    const { imageId }: { imageId: string } = await answer.json();
    const rounds: Awaited<ReturnType<typeof once>>[] = [];
    for (let n = 0; n < Number(values.rounds); n++)
      rounds.push(await once(browser, `${server.url}/?image=${encodeURIComponent(imageId)}`));
    const said = ({ median, min, max }: Sample) => `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)}) ms`;
    const slices = rounds.map((round) => round.slices).join(", ");
    console.log(`Four views with the surface of ${slices} slices: ${said(sampleOf(rounds.map(({ ms }) => ms)))}`);
    console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    await browser.close();
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  }
}
