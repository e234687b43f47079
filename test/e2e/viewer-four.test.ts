/** Four views: masks of one plane in the others, one place in all of them, surfaces that come when they are shown. */
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { repositoryRoot } from "../support/data.ts";
import { startTestServer } from "../support/serve.ts";
import { openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";
import { LIVER, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();
let viewer: Viewer;

beforeEach(async () => {
  const modelDirs = [join(repositoryRoot, "models/default")];
  const server = await startTestServer({ modelDirs, clientDir: stage.clientDir });
  viewer = await openViewer(stage.browser, server.url);
  return async () => {
    await viewer.page.context().close();
    await server.close();
  };
}, 60_000);

/** Runs in the page: the first segment has a surface, though nothing shows it. */
function madeSurface() {
  const { surfaces, store } = (document.querySelector("viewer-app") as ViewerElement).app;
  const [segment] = store.state.log.entries.flatMap((entry) => ("segmentId" in entry ? [entry.segmentId] : []));
  return segment !== undefined && surfaces.of(segment) !== undefined;
}

test("a propagated segment is in every plane and a surface; a click in a pane goes there in all of them", async () => {
  const asked: string[] = [];
  viewer.page.on("request", (request) => asked.push(request.url()));
  await viewer.click(...LIVER);
  expect(asked.some((url) => /(scene|surface)[^/]*\.js$/.test(url))).toBe(false);
  await viewer.page.keyboard.press("Shift+P");
  await viewer.page.waitForFunction(
    () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.entries.length === 3,
    null,
    { timeout: 60_000 },
  );
  // A job has ended: its surface is made before anybody asks for it.
  await expect.poll(() => viewer.page.evaluate(madeSurface), { timeout: 60_000 }).toBe(true);
  await viewer.page.keyboard.press("q");
  await viewer.page.waitForFunction(
    () => {
      const pane = document.querySelector("viewer-app")!.shadowRoot!.querySelector("volume-pane");
      return pane && (pane as unknown as { empty: boolean }).empty === false;
    },
    null,
    { timeout: 60_000 },
  );
  expect(asked.some((url) => /scene-.*\.js$/.test(url))).toBe(true);
  const before = await viewer.read(({ image, focus }) => ({ slice: image!.slice, focus }));
  expect(before.focus).toEqual([...LIVER, before.slice]);

  const pane = viewer.page.locator("plane-pane.coronal");
  const { width, height } = (await pane.boundingBox())!;
  await pane.click({ position: { x: width / 2, y: height * 0.7 } });
  await viewer.shown();
  const after = await viewer.read(({ image, focus }) => ({ slice: image!.slice, focus }));
  expect(after.focus![1]).toBe(before.focus![1]);
  expect(after.focus![2]).toBe(after.slice);
  // Lower on the coronal slice is towards the feet, which is a lower axial slice.
  expect(after.slice).toBeLessThan(before.slice);
  expect(viewer.problems).toEqual([]);
}, 150_000);
