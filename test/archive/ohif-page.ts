/** What a test does in the page of a stock OHIF, and what it reads there: OHIF's own state, never ours. */
import type { Page } from "playwright-core";
import { expect } from "vitest";

interface Labelmap {
  readonly segmentationId: string;
  readonly segments: Record<string, { segmentIndex: number; label: string } | undefined>;
  readonly representationData: { Labelmap: { imageIds: string[] } };
}

interface Viewport {
  readonly element: HTMLElement;
  canvasToWorld(point: [number, number]): [number, number, number];
  getCamera(): { viewPlaneNormal: [number, number, number] };
  getCurrentImageId(): string | undefined;
  getImageIds(): string[];
}

/** What OHIF puts on `window`, as far as it is asked here. */
declare const window: {
  services: {
    segmentationService: { getSegmentations(): Labelmap[] };
    viewportGridService: { getActiveViewportId(): string };
    cornerstoneViewportService: { getCornerstoneViewport(id: string): Viewport | null };
  };
  cornerstone: {
    cache: {
      getImage(id: string): { referencedImageId: string; voxelManager: { getScalarData(): ArrayLike<number> } };
    };
    metaData: { get(type: "instance", imageId: string): { SOPInstanceUID: string } };
  };
};

/** Opens a study in a mode and waits for its first image. */
export async function openStudy(page: Page, address: string, images: number): Promise<void> {
  await page.goto(address);
  await page.waitForSelector(".cornerstone-viewport-element canvas", { timeout: 90_000 });
  await page.waitForFunction(
    (images) => {
      const { viewportGridService, cornerstoneViewportService } = window.services;
      const viewport = cornerstoneViewportService.getCornerstoneViewport(viewportGridService.getActiveViewportId());
      return viewport?.getImageIds().length === images && Boolean(viewport.getCurrentImageId());
    },
    images,
    { polling: 200 },
  );
}

export interface Place {
  /** In the patient, and the direction of the view. */
  readonly point: [number, number, number];
  readonly normal: [number, number, number];
  /** The DICOM instance that is shown; empty in planes that no instance lies in. */
  readonly instance: string;
  /** On the page. */
  readonly screen: [x: number, y: number];
}

/** A place of a viewport, of the active one when none is named, by its share of width and height. */
export function placeAt(page: Page, share: readonly [number, number], viewportId?: string): Promise<Place> {
  return page.evaluate(
    ({ share: [u, v], viewportId }) => {
      const { viewportGridService, cornerstoneViewportService } = window.services;
      const id = viewportId ?? viewportGridService.getActiveViewportId();
      const viewport = cornerstoneViewportService.getCornerstoneViewport(id)!;
      const imageId = viewport.getCurrentImageId();
      const { left, top, width, height } = viewport.element.getBoundingClientRect();
      const [x, y] = [Math.round(left + u * width), Math.round(top + v * height)];
      return {
        point: viewport.canvasToWorld([x - left, y - top]),
        normal: viewport.getCamera().viewPlaneNormal,
        instance: imageId ? window.cornerstone.metaData.get("instance", imageId).SOPInstanceUID : "",
        screen: [x, y] as [number, number],
      };
    },
    { share, viewportId },
  );
}

/** Three planes of the series, side by side. */
export async function showPlanes(page: Page): Promise<void> {
  await page.locator('[data-cy="Layout"]').click();
  await page.locator('[data-cy="MPR"]').click();
  await page.waitForFunction(
    () =>
      ["mpr-coronal", "mpr-sagittal"].every(
        (id) => (window.services.cornerstoneViewportService.getCornerstoneViewport(id)?.getImageIds() ?? []).length > 0,
      ),
    undefined,
    { polling: 200 },
  );
  await page.waitForTimeout(1500); // panes take their sizes
}

export interface Labels {
  readonly names: readonly string[];
  /** Slices with labels, by the DICOM instance that they lie on. */
  readonly slices: Readonly<Record<string, readonly number[]>>;
}

/** The first labelmap of the page; nothing when there is none. */
export function labelsIn(page: Page): Promise<Labels> {
  return page.evaluate(() => {
    const [first] = window.services.segmentationService.getSegmentations();
    const slices: Record<string, number[]> = {};
    for (const id of first?.representationData.Labelmap.imageIds ?? []) {
      const { referencedImageId, voxelManager } = window.cornerstone.cache.getImage(id);
      const data = Array.from(voxelManager.getScalarData());
      const { SOPInstanceUID } = window.cornerstone.metaData.get("instance", referencedImageId);
      if (data.some(Boolean)) slices[SOPInstanceUID] = data;
    }
    const names = Object.values(first?.segments ?? {}).map((segment) => segment!.label);
    return { names, slices };
  });
}

/**
 * Adds a segment in OHIF's own list. A second after each change OHIF 3.13.2 counts voxels and then writes the segments that
 * it began with: one that was added meanwhile is gone, and is added again here.
 */
export async function addSegment(page: Page): Promise<void> {
  const count = async () => (await labelsIn(page)).names.length;
  const before = await count();
  for (let attempt = 0; attempt < 4 && (await count()) === before; attempt++) {
    await page.waitForTimeout(2000);
    await page.getByText("Add Segment").click();
    await page.waitForTimeout(2000);
  }
}

/** Does what begins a call of the extension, and waits until that is done and shown. */
export async function until(page: Page, begin: () => Promise<unknown>): Promise<void> {
  const bar = page.locator("promptomy-ohif-panel progress");
  // Counts each time that it goes; it is written with every change, so that only one from shown to hidden counts.
  const before = await bar.evaluate((bar: HTMLElement) => {
    if (bar.dataset.ends === undefined) {
      bar.dataset.ends = "0";
      new MutationObserver((records) => {
        const ended = records.some(({ oldValue }) => oldValue === null) && bar.hidden;
        if (ended) bar.dataset.ends = String(Number(bar.dataset.ends) + 1);
      }).observe(bar, { attributeFilter: ["hidden"], attributeOldValue: true });
    }
    return Number(bar.dataset.ends);
  });
  await begin();
  await expect
    .poll(() => bar.evaluate((bar: HTMLElement) => Number(bar.dataset.ends)), { timeout: 120_000, interval: 200 })
    .toBeGreaterThan(before);
}
