/** `<promptomy-viewer>` in a page that moves it, takes it away and puts it back. */
import { join } from "node:path";
import type { Browser, CDPSession, Page, Worker } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PromptomyViewerElement } from "../../client/element/types.ts";
import { launchBrowser } from "../support/browser.ts";
import { repositoryRoot } from "../support/data.ts";
import { type BuiltPage, buildPage, startTestServer, type TestServer } from "../support/serve.ts";
import { LIVER } from "./viewer-stage.ts";

declare let viewer: PromptomyViewerElement | undefined;
declare let timers: Set<unknown>;

const EXAMPLES = join(repositoryRoot, "examples");

let built: BuiltPage;
let server: TestServer;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  built = await buildPage(EXAMPLES, join(EXAMPLES, "vite.config.ts"));
  server = await startTestServer({ examples: true, examplesDir: built.dir });
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await built?.remove();
});
beforeEach(async () => {
  page = await browser.newPage();
  await page.addInitScript(countTimers);
  await page.goto(`${server.url}/examples/05-element/`);
  await opened();
  return () => page.close();
});

/** In the page: every timer that waits now. */
function countTimers(): void {
  const waiting = new Set<unknown>();
  const [later, forget] = [setTimeout.bind(globalThis), clearTimeout.bind(globalThis)];
  Object.assign(globalThis, {
    timers: waiting,
    setTimeout: (run: (...given: unknown[]) => void, ms: number, ...given: unknown[]) => {
      const id = later(() => {
        waiting.delete(id);
        run(...given);
      }, ms);
      waiting.add(id);
      return id;
    },
    clearTimeout: (id: number) => {
      waiting.delete(id);
      forget(id);
    },
  });
}

/** Until the element shows a slice and takes prompts. */
async function opened(): Promise<void> {
  await page.evaluate(() => {
    viewer = document.querySelector("promptomy-viewer") ?? undefined;
  });
  await page.locator("promptomy-viewer .notices, promptomy-viewer .corner strong").first().waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => viewer?.image !== undefined);
}

const promptLiver = () =>
  page.evaluate(([x, y]) => viewer!.prompt([{ kind: "point", x: x!, y: y!, label: "foreground" }]), LIVER);

/** The decoder's worker and its threads, once none has come for a while: until they are there the server answers. */
async function workersAtRest(): Promise<Worker[]> {
  for (let before = 0; ; before = page.workers().length) {
    await page.waitForTimeout(WORKERS_REST_MS);
    if (page.workers().length > 0 && page.workers().length === before) return page.workers();
  }
}

/** Takes the element out, and gives it some time to come back. */
const takeOut = (ms: number) =>
  page.evaluate(async (ms) => {
    viewer!.remove();
    await new Promise((resolve) => setTimeout(resolve, ms));
  }, ms);

const putBack = () => page.evaluate(() => document.body.append(viewer!));

/** Listeners on the page's own objects, by type. */
async function listeners(session: CDPSession): Promise<string[]> {
  const all: string[] = [];
  for (const expression of ["window", "document", "document.body"]) {
    const { result } = await session.send("Runtime.evaluate", { expression });
    const found = await session.send("DOMDebugger.getEventListeners", { objectId: result.objectId ?? "" });
    all.push(...found.listeners.map(({ type }) => `${expression} ${type}`));
  }
  return all.sort();
}

const held = () => page.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name) ?? []);

const LONGER_THAN_A_MOVE = 3000;
const WORKERS_REST_MS = 2500;

describe("an element that is moved", () => {
  test("keeps its image, its masks and its worker, and takes clicks where it is now", async () => {
    const mask = await promptLiver();
    const workers = await workersAtRest();
    await page.evaluate(() => {
      const place = document.createElement("section");
      document.body.append(place);
      place.append(viewer!);
    });
    expect(await page.evaluate(() => viewer!.masks())).toEqual([mask]);
    const canvas = page.locator("section promptomy-viewer canvas").first();
    const before = await canvas.evaluate((canvas) => canvas.getBoundingClientRect().width);
    expect(before).toBeGreaterThan(100);
    await expect.poll(() => canvas.evaluate(paintedShare)).toBeGreaterThan(0.05);
    await canvas.click({ position: { x: before / 2, y: 200 } });
    await expect.poll(() => page.locator("#status").textContent(), { timeout: 60_000 }).toMatch(/pixels on slice/);
    await page.waitForTimeout(LONGER_THAN_A_MOVE);
    expect(page.workers().every((worker, at) => worker === workers[at])).toBe(true);
    expect(page.workers()).toHaveLength(workers.length);
  });
});

/** In the page: how much of a canvas is not black. */
function paintedShare(element: Element): number {
  const canvas = element as HTMLCanvasElement;
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 0 && value > 30).length / (data.length / 4);
}

describe("an element that is taken away", () => {
  test("leaves no worker, listener, timer or lock", async () => {
    const session = await page.context().newCDPSession(page);
    const empty = await browser.newPage();
    await empty.goto(`${server.url}/examples/`);
    await empty.waitForFunction(() => true); // from then on Playwright listens too
    const bare = await listeners(await empty.context().newCDPSession(empty));
    await empty.close();
    await promptLiver();
    expect(page.workers()).not.toEqual([]);
    expect(await held()).toHaveLength(1);
    await takeOut(LONGER_THAN_A_MOVE);
    await expect.poll(() => page.workers()).toEqual([]);
    expect(await held()).toEqual([]);
    expect(await listeners(session)).toEqual(bare);
    expect(await page.evaluate(() => timers.size)).toBe(0);
  });

  test("leaves no memory of its viewer, its images and its masks", async () => {
    const session = await page.context().newCDPSession(page);
    await promptLiver();
    await page.evaluate(() => {
      const { app } = viewer!.shadowRoot!.querySelector("viewer-app") as HTMLElement & { app: object };
      Object.assign(globalThis, { gone: new WeakRef(app) });
    });
    await takeOut(LONGER_THAN_A_MOVE);
    const isGone = async () => {
      await session.send("HeapProfiler.collectGarbage");
      return page.evaluate(() => (globalThis as unknown as { gone: WeakRef<object> }).gone.deref() === undefined);
    };
    await expect.poll(isGone, { timeout: 20_000, interval: 500 }).toBe(true);
  });

  test("has saved its work first, and goes on with it when it is put back", async () => {
    const mask = await promptLiver();
    const workers = await workersAtRest();
    await takeOut(0);
    await page.waitForTimeout(LONGER_THAN_A_MOVE);
    expect(await page.evaluate(() => viewer!.masks())).toEqual([]);
    await putBack();
    await opened();
    await expect.poll(() => page.evaluate(() => viewer!.masks()), { timeout: 60_000 }).toEqual([mask]);
    expect(await workersAtRest()).toHaveLength(workers.length);
  });

  test("opens what its attribute says, when that has changed meanwhile", async () => {
    await takeOut(LONGER_THAN_A_MOVE);
    await page.evaluate(() => viewer!.setAttribute("image-id", ""));
    await putBack();
    await page.locator("promptomy-viewer .empty").waitFor();
    expect(await page.evaluate(() => viewer!.image)).toBeUndefined();
  });
});
