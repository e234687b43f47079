/** Through a stack: gaps filled by shape, doubtful slices by key, all slices as a film, the histogram beside them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { serialiseProject } from "../../client/app/kept/project.ts";
import { digestOf } from "../../client/common/sha256.ts";
import type { LogEntry } from "../../core/annotation/entries.ts";
import { maskDigestText } from "../../core/annotation/log-file.ts";
import { createMask } from "../../core/mask/mask.ts";
import { encodeRle } from "../../core/mask/rle.ts";
import { repositoryRoot } from "../support/data.ts";
import { startTestServer } from "../support/serve.ts";
import { openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";
import { LIVER, viewerStage } from "./viewer-stage.ts";
import { openFile } from "./viewer-work.ts";

const stage = viewerStage({ ownPages: true });
let viewer: Viewer;

beforeEach(async () => {
  const modelDirs = [join(repositoryRoot, "models/default")];
  const server = await startTestServer({ modelDirs, clientDir: stage.clientDir });
  viewer = await openViewer(stage.browser, server.url);
  return async () => {
    expect(viewer.problems).toEqual([]);
    await viewer.page.context().close();
    await server.close();
  };
}, 60_000);

/** Keys are meant for the image. */
const focusImage = () => viewer.page.locator("image-stage canvas").first().focus();

const slice = () => viewer.read(({ image }) => image!.slice);

/** Waits until this slice is on the screen. */
const arrivesAt = (wanted: number) =>
  viewer.page.waitForFunction((wanted) => {
    const { image } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return image?.slice === wanted && image.pixels !== undefined;
  }, wanted);

test("the gap between two clicked slices is filled by their shapes, as one step of undo", async () => {
  const { page } = viewer;
  const first = await slice();
  await viewer.click(...LIVER);
  for (let n = 0; n < 4; n++) await page.keyboard.press("ArrowDown");
  await viewer.ready();
  await viewer.click(...LIVER);
  const settled = await viewer.masks();
  expect(settled.map((mask) => mask.slice).sort((a, b) => a - b)).toEqual([first, first + 4]);
  await page.getByRole("button", { name: "Interpolate", exact: true }).click();
  await page.getByText("3 slices interpolated").waitFor();
  await page.waitForFunction(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 5,
  );
  const masks = await viewer.masks();
  const areas = settled.map(({ area }) => area);
  for (const { slice: k, area } of masks.filter((mask) => mask.slice > first && mask.slice < first + 4)) {
    expect(area, `slice ${k}`).toBeGreaterThan(0.8 * Math.min(...areas));
    expect(area, `slice ${k}`).toBeLessThan(1.2 * Math.max(...areas));
  }
  for (const one of settled) expect(masks.find((mask) => mask.slice === one.slice)).toEqual(one);
  const origins = await viewer.read(({ log }) =>
    log.entries.map((entry) => (entry.kind === "masks" ? entry.origin : entry.kind)),
  );
  expect(origins).toEqual(["add-segment", "prompt", "prompt", "interpolated"]);
  await focusImage();
  await page.keyboard.press("Control+z");
  await page.waitForFunction(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 2,
  );
}, 90_000);

test("J and Shift+J go from one doubtful slice to the next, around the end; without one that is said", async () => {
  const { page } = viewer;
  const { imageId, width, height, middle } = await viewer.read(({ image }) => ({
    ...{ imageId: image!.info.imageId, width: image!.plane.width, height: image!.plane.height, middle: image!.slice },
  }));
  const mask = createMask(width, height);
  for (let y = 80; y < 100; y++) mask.data.fill(1, y * width + 70, y * width + 90);
  const rle = encodeRle(mask);
  const digest = digestOf(maskDigestText(rle));
  const at = (k: number) => ({ imageId, plane: "axial" as const, slice: k });
  const entries: LogEntry[] = [
    { kind: "add-segment", segmentId: "segment-1", number: 1, name: "Liver", colour: "#56B4E9" },
    {
      ...{ kind: "masks", segmentId: "segment-1", origin: "propagated" },
      masks: [-6, -2, 3, 7].map((by) => ({
        at: at(middle + by),
        mask: digest,
        predictedIou: 0.4,
        doubtful: by === -6 || by === 7,
      })),
    },
  ];
  const work = {
    imageId,
    name: "phantom",
    modality: "CT",
    size: [width, height, 96] as const,
    segments: 1,
    slices: 4,
    savedAt: 1,
  };
  const path = join(stage.scratch, "doubtful.promptomy.json");
  const log = JSON.stringify({ version: 2, entries });
  await writeFile(path, serialiseProject({ works: [{ ...work, log, hidden: [] }], masks: { [digest]: rle } }));
  await openFile(page, path);
  await page.getByText("Project opened").waitFor();
  await page.waitForFunction(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 4,
  );
  await page.getByRole("button", { name: "Edit Liver" }).click();
  await focusImage();
  await arrivesAt(middle + 3);
  await page.keyboard.press("j");
  await arrivesAt(middle + 7);
  await page.keyboard.press("j");
  await arrivesAt(middle - 6);
  await page.keyboard.press("Shift+J");
  await arrivesAt(middle + 7);
  await page.getByRole("button", { name: "New segment" }).click();
  await focusImage();
  await page.keyboard.press("j");
  await page.getByText("No doubtful slice in this segment").waitFor();
}, 60_000);

test("K plays the slices as a film that encodes none of them, and stops where it is", async () => {
  const { page } = viewer;
  await focusImage();
  const first = await slice();
  const encoded: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/v1/embeddings")) encoded.push(request.url());
  });
  await page.keyboard.press("k");
  await page.waitForFunction((first) => {
    const { image, playing } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return playing && image!.slice > first + 6;
  }, first);
  expect(encoded).toEqual([]);
  await page.getByRole("button", { name: "Stop playing" }).click();
  expect(await viewer.read(({ playing }) => playing)).toBe(false);
  const stopped = await slice();
  await viewer.ready();
  expect(await slice()).toBe(stopped);
}, 60_000);

test("the histogram of the values under the mask is in the panel, and changes with the slice", async () => {
  const { page } = viewer;
  await viewer.click(...LIVER);
  const picture = page.locator("segment-row svg.histogram");
  await picture.waitFor();
  expect(await picture.getAttribute("aria-label")).toMatch(
    /^Histogram of the values, from -?[\d,.]+ HU to -?[\d,.]+ HU$/,
  );
  const path = await picture.locator("path").getAttribute("d");
  expect(path?.match(/L/g)?.length).toBeGreaterThan(8);
  const box = (await picture.boundingBox())!;
  expect(box.width).toBeGreaterThan(100);
  expect(box.height).toBeGreaterThan(20);
  await focusImage();
  await page.keyboard.press("PageDown");
  await picture.waitFor({ state: "detached" });
  await viewer.ready();
  await viewer.click(...LIVER);
  await picture.waitFor();
  expect(await picture.locator("path").getAttribute("d")).not.toBe(path);
}, 60_000);
