/** The built viewer, a real server and Chromium; a fresh page for every test of the file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { builtViewer, type MaskOnPage, openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";

export type Pixel = readonly [x: number, y: number];

/** In the phantom's liver and spleen, on its middle axial slice. */
export const LIVER = [80, 90] as const;
export const SPLEEN = [205, 100] as const;

export interface ViewerStage {
  /** The built viewer, shared with the other files: to be read only. */
  clientDir: string;
  /** For files of the tests. */
  scratch: string;
  server: TestServer;
  browser: Browser;
  viewer: Viewer;
  /** The mask on the page, which must be alone. */
  only(): Promise<MaskOnPage>;
}

/**
 * Set up before the tests of a file and taken down after them; its fields are there once a test runs.
 * With `ownPages` the tests open their pages themselves, and `viewer` is absent.
 */
export function viewerStage({ ownPages = false }: { ownPages?: boolean } = {}): ViewerStage {
  const stage = {
    async only() {
      const masks = await stage.viewer.masks();
      expect(masks).toHaveLength(1);
      return masks[0];
    },
  } as ViewerStage; // the rest comes in the hooks
  beforeAll(async () => {
    stage.scratch = await mkdtemp(join(tmpdir(), "viewer-"));
    stage.clientDir = await builtViewer();
    stage.server = await startTestServer({ clientDir: stage.clientDir });
    stage.browser = await launchBrowser();
  }, 300_000);
  afterAll(async () => {
    await stage.browser?.close();
    await stage.server?.close();
    await rm(stage.scratch, { recursive: true, force: true });
  });
  if (ownPages) return stage;
  beforeEach(async () => {
    stage.viewer = await openViewer(stage.browser, stage.server.url);
  });
  afterEach(async () => {
    await stage.viewer.page.context().close();
  });
  return stage;
}

/** 1 where the mask covers a pixel. */
export const inside = ({ mask }: { mask: { width: number; data: Uint8Array } }, [x, y]: Pixel) =>
  mask.data[y * mask.width + x];

/** The last pixel of a mask on the row of a point inside it. */
export function rightEdge(found: MaskOnPage, [x, y]: Pixel): Pixel {
  let last = x;
  while (inside(found, [last + 1, y])) last++;
  return [last, y];
}

/** Has the page hold masks in which the model hardly believes: an IoU of .12. */
export const doubtMasks = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { store } = (document.querySelector("viewer-app") as ViewerElement).app;
    const doubt = <M extends object>(mask: M) => ({ ...mask, predictedIou: 0.12 });
    const masks = [...store.state.masks].map(([key, view]) => {
      return [key, { ...view, doubtful: true, candidates: view.candidates.map(doubt) }] as const;
    });
    store.set({ masks: new Map(masks) });
  });
