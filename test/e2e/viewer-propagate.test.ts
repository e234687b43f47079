/** One click through the phantom, by the embedded model: masks as they come, one step of undo, stop, reload, a lost server. */
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { repositoryRoot } from "../support/data.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";
import { LIVER, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage({ ownPages: true });
let server: TestServer;
let viewer: Viewer;

/** A server of its own for each test: it would know the job of the one before. */
beforeEach(async () => {
  server = await startTestServer({ modelDirs: [join(repositoryRoot, "models/default")], clientDir: stage.clientDir });
  viewer = await openViewer(stage.browser, server.url);
  return async () => {
    await viewer.page.context().close();
    await server.close();
  };
}, 60_000);

const state = (wanted: "some" | "none") =>
  viewer.page.waitForFunction(
    (wanted) => {
      const { job } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
      const found = [...(job?.masks.values() ?? [])].filter(({ origin }) => origin === "propagated").length;
      return wanted === "none" ? !job : found > 1;
    },
    wanted,
    { timeout: 40_000 },
  );
const lines = () => viewer.read(({ log }) => log.entries.map(({ kind }) => kind));
const count = (wanted: number) =>
  viewer.page.waitForFunction(
    (wanted) => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === wanted,
    wanted,
  );

/** Some slices are enough where it is not about all of them: each takes the model a part of a second. */
async function startAroundTheClick() {
  const { slice } = await viewer.read(({ image }) => ({ slice: image!.slice }));
  for (const [name, number] of [
    ["From slice", slice - 7],
    ["to slice", slice + 9],
  ] as const) {
    const field = viewer.page.getByLabel(name, { exact: true });
    await field.fill(String(number));
    await field.press("Enter");
  }
  await viewer.page.getByRole("button", { name: "Propagate", exact: true }).click();
}

describe("propagation", () => {
  test("fills the slices around a click, keeps the clicked one, and is one step of undo; a reload has all of it", async () => {
    await viewer.click(...LIVER);
    const [clicked] = await viewer.masks();
    await viewer.page.keyboard.press("Shift+P");
    await state("some");
    await state("none");
    expect(await lines()).toEqual(["add-segment", "prompt", "masks"]);
    const entry = await viewer.read(({ log }) => {
      const last = log.entries.at(-1)!;
      return last.kind === "masks" ? { origin: last.origin, slices: last.masks.map(({ at }) => at.slice) } : undefined;
    });
    expect(entry?.origin).toBe("propagated");
    expect(entry?.slices.length).toBeGreaterThan(5);
    expect(entry?.slices).not.toContain(clicked!.slice);
    const all = entry!.slices.length + 1;
    await count(all);
    expect((await viewer.masks()).find(({ slice }) => slice === clicked!.slice)).toEqual(clicked);
    await viewer.page.keyboard.press("Control+z");
    await count(1);
    await viewer.page.keyboard.press("Control+y");
    await count(all);
    await viewer.page.reload();
    await viewer.ready();
    await count(all);
  }, 120_000);

  test("is stopped by its button; what had come is offered, and taken as one step", async () => {
    await viewer.click(...LIVER);
    await viewer.page.keyboard.press("Shift+P");
    await state("some");
    await viewer.page.getByRole("button", { name: "Stop", exact: true }).click();
    await state("none");
    expect(await lines()).toEqual(["add-segment", "prompt"]);
    await viewer.page.getByRole("button", { name: /^Keep/ }).click();
    expect(await lines()).toEqual(["add-segment", "prompt", "masks"]);
  }, 120_000);

  test("goes on after a reload as the same job", async () => {
    await viewer.click(...LIVER);
    const started: string[] = [];
    viewer.page.on("response", async (response) => {
      if (response.url().endsWith("/segmentations")) started.push(((await response.json()) as { jobId: string }).jobId);
    });
    await startAroundTheClick();
    await state("some");
    await viewer.page.reload();
    await viewer.ready();
    await state("none");
    await viewer.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.log.entries.length === 3,
    );
    expect(started).toHaveLength(2);
    expect(started[1]).toBe(started[0]);
  }, 120_000);

  test("a server that is gone is said, what has come can be kept", async () => {
    await viewer.click(...LIVER);
    await viewer.page.route("**/segmentations", (route) => route.abort());
    await viewer.page.route("**/v1/jobs/**", (route) => route.abort());
    await startAroundTheClick();
    await viewer.page.getByText("the job goes on when it does").waitFor();
    await viewer.page.unroute("**/segmentations");
    await viewer.page.unroute("**/v1/jobs/**");
    await state("some");
    await state("none");
    expect(await lines()).toEqual(["add-segment", "prompt", "masks"]);
  }, 120_000);
});
