/** One click through the phantom, by the embedded model: masks as they come, one step of undo, stop, reload, a lost server. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
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

const state = (wanted: "some" | "none", on = viewer) =>
  on.page.waitForFunction(
    (wanted) => {
      const { job } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
      const found = [...(job?.masks.values() ?? [])].filter(({ origin }) => origin === "propagated").length;
      return wanted === "none" ? !job : found > 1;
    },
    wanted,
    { timeout: 90_000 },
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

  test("ends with its segment when that is deleted, and another can be propagated at once", async () => {
    await viewer.click(...LIVER);
    await viewer.page.keyboard.press("Shift+P");
    await state("some");
    await viewer.page.getByRole("button", { name: "Delete Segment 1" }).click();
    await state("none");
    await viewer.click(...LIVER);
    const propagate = viewer.page.getByRole("button", { name: "Propagate", exact: true });
    expect(await propagate.isEnabled()).toBe(true);
    await viewer.page.keyboard.press("Control+z");
    await viewer.page.keyboard.press("Control+z");
    expect(await viewer.read(({ job }) => job)).toBeUndefined();
    await viewer.page.reload();
    await viewer.ready();
    expect(await viewer.read(({ job }) => job)).toBeUndefined();
  }, 120_000);

  test("lies above what the image says, and hides none of it", async () => {
    await viewer.click(...LIVER);
    await viewer.page.keyboard.press("4");
    const chip = viewer.page.locator("image-stage .notices .chip").first();
    await chip.waitFor();
    await viewer.page.keyboard.press("Shift+P");
    await viewer.page.locator("job-bar .bar").waitFor();
    const [bar, notice] = [await viewer.page.locator("job-bar .bar").boundingBox(), await chip.boundingBox()];
    expect(notice!.y).toBeGreaterThanOrEqual(bar!.y + bar!.height);
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

  test("a server that is lost after masks have come leaves them to be kept", async () => {
    const way = await wayTo(server.url);
    const lost = await openViewer(stage.browser, way.url);
    try {
      await lost.click(...LIVER);
      await lost.page.keyboard.press("Shift+P");
      await state("some", lost);
      way.cut();
      await lost.page.getByText("the job goes on when it does").waitFor();
      const found = await lost.read(({ job }) =>
        [...job!.masks.values()].filter(({ origin }) => origin === "propagated"),
      );
      await lost.page.locator("job-bar").getByRole("button", { name: /^Keep/ }).click();
      const kept = await lost.read(({ log, job }) => ({ job, entry: log.entries.at(-1) }));
      expect(kept.job).toBeUndefined();
      expect(kept.entry).toMatchObject({ kind: "masks", origin: "propagated" });
      const slices = kept.entry?.kind === "masks" ? kept.entry.masks.map(({ at }) => at.slice) : [];
      expect(slices).toEqual(found.map(({ slice }) => slice));
    } finally {
      await lost.page.context().close();
      way.cut();
    }
  }, 120_000);
});

/** A way to a server that can be cut: connections break, new ones are refused. */
async function wayTo(url: string) {
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(url);
  const way = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(way, "listening");
  const cut = () => {
    way.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `http://127.0.0.1:${(way.address() as AddressInfo).port}`, cut };
}
