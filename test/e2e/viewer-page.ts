/** The viewer in a browser, driven by mouse and keys; its state is read where the eye cannot measure. */
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import type { App } from "../../client/app/app.ts";
import type { State } from "../../client/app/state/state.ts";
import type { ImageStage } from "../../client/app/ui/stage/image-stage.ts";
import type { Mask } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { builtOnce } from "../support/built.ts";

const CONFIG = fileURLToPath(new URL("../../client/app/vite.config.ts", import.meta.url));

export type ViewerElement = HTMLElement & { app: App };

/** The viewer, built as `npm run build` does, in a folder that all files of a run share. */
export const builtViewer = (): Promise<string> =>
  builtOnce("viewer", (outDir) =>
    build({ configFile: CONFIG, logLevel: "error", build: { outDir, emptyOutDir: true } }),
  );

export interface MaskOnPage {
  readonly segment: string;
  readonly slice: number;
  readonly chosen: number;
  readonly candidates: number;
  readonly area: number;
  readonly mask: Mask;
}

export interface Viewer {
  readonly page: Page;
  /** Console errors, page errors and failed requests so far. */
  readonly problems: string[];
  /** Waits until the slice shown is encoded and no prompt waits. */
  ready(): Promise<void>;
  /** Waits until the pixels of the slice are on the screen: from then on it takes prompts. */
  shown(): Promise<void>;
  /** Screen position of a slice pixel, once the page has come to rest: bars come and go with the tool. */
  at(x: number, y: number): Promise<{ x: number; y: number }>;
  click(x: number, y: number, options?: { button?: "left" | "right"; modifiers?: ("Alt" | "Shift")[] }): Promise<void>;
  drag(points: readonly (readonly [number, number])[]): Promise<void>;
  /** Part of the state, as JSON. */
  read<T>(pick: (state: State) => T): Promise<T>;
  masks(): Promise<MaskOnPage[]>;
}

/** Opens the viewer and waits until it can be clicked. */
export async function openViewer(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Viewer> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", ({ message }) => problems.push(message));
  await page.goto(url);
  const viewer = viewerOn(page, problems);
  await viewer.ready();
  return viewer;
}

/** Drives a page that has the viewer in it already. */
export function viewerOn(page: Page, problems: string[]): Viewer {
  const read: Viewer["read"] = (pick) =>
    page.evaluate(`(${pick.toString()})(document.querySelector("viewer-app").app.store.state)`) as ReturnType<
      Viewer["read"]
    > as Promise<never>;

  const at: Viewer["at"] = (x, y) =>
    page.evaluate(
      async ([x, y]) => {
        const frame = () => new Promise(requestAnimationFrame);
        await frame();
        await frame();
        const { shadowRoot } = document.querySelector("viewer-app") as ViewerElement;
        const stage = shadowRoot!.querySelector("image-stage") as ImageStage;
        const bounds = stage.shadowRoot!.querySelector("canvas")!.getBoundingClientRect();
        const { left, top, scaleX, scaleY } = stage.viewport()!;
        return { x: bounds.x + left + (x! + 0.5) * scaleX, y: bounds.y + top + (y! + 0.5) * scaleY };
      },
      [x, y],
    );

  const ready = async () => {
    await page.waitForFunction(
      () => {
        const state = (document.querySelector("viewer-app") as ViewerElement | null)?.app.store.state;
        return state?.image?.stage === "ready" && state.image.pixels && state.waiting === 0;
      },
      null,
      { timeout: 90_000 },
    );
  };

  const shown = async () => {
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement | null)?.app.store.state.image?.pixels,
    );
  };

  return {
    page,
    problems,
    ready,
    shown,
    at,
    read,
    async click(x, y, { button = "left", modifiers = [] } = {}) {
      const target = await at(x, y);
      for (const key of modifiers) await page.keyboard.down(key);
      await page.mouse.click(target.x, target.y, { button });
      for (const key of modifiers) await page.keyboard.up(key);
      await ready();
    },
    async drag(points) {
      const targets = await Promise.all(points.map(([x, y]) => at(x, y)));
      await page.mouse.move(targets[0]!.x, targets[0]!.y);
      await page.mouse.down();
      for (const { x, y } of targets.slice(1)) await page.mouse.move(x, y, { steps: 6 });
      await page.mouse.up();
      await ready();
    },
    masks: () => masksOn(page),
  };
}

/** Masks cross the bridge as run lengths: a mask of bytes as JSON takes seconds. */
async function masksOn(page: Page): Promise<MaskOnPage[]> {
  const found = await page.evaluate(() => {
    const { masks } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return [...masks].map(([key, { candidates, chosen }]) => {
      const { width, height, data } = candidates[chosen]!;
      const counts: number[] = [];
      let value = 0;
      let run = 0;
      for (let x = 0; x < width; x++)
        for (let y = 0; y < height; y++) {
          if (data[y * width + x] === value) run++;
          else {
            counts.push(run);
            run = 1;
            value = 1 - value;
          }
        }
      counts.push(run);
      const [segment, place] = key.split("@") as [string, string];
      const area = data.reduce((sum, inside) => sum + inside, 0);
      return {
        segment,
        slice: Number(place.split("/").at(-1)),
        chosen,
        candidates: candidates.length,
        area,
        counts,
        width,
        height,
      };
    });
  });
  return found.map(({ counts, width, height, ...rest }) => ({
    ...rest,
    mask: decodeRle({ size: [height, width], counts }),
  }));
}
