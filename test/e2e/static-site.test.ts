/** The static build behind a plain file server: the same ids and answers as a server's, and with the network cut. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build, createLogger } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { maskIou } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { EmbeddingInfo, Job, MaskResponse } from "../../core/wire/index.ts";
import { launchBrowser } from "../support/browser.ts";
import { dataPath, needsData } from "../support/data.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { type MaskOnPage, openViewer, type Viewer, type ViewerElement } from "./viewer-page.ts";
import { LIVER } from "./viewer-stage.ts";

const CONFIG = fileURLToPath(new URL("../../client/app/vite.config.ts", import.meta.url));
const MODEL = fileURLToPath(new URL("../../models/default", import.meta.url));
const SERIES = "tests/ct_dicom_j2k/series";
const TYPES: Record<string, string> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" },
  ...{ ".json": "application/json", ".svg": "image/svg+xml" },
};

/** A host that knows files and their types, and sets no header of ours. In a folder of its own, as many hosts serve it. */
function fileServer(dir: string): Promise<Server> {
  const server = createServer(async ({ url = "/" }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, "http://x").pathname)).replace(/^\/demo/, "");
    const file = path.endsWith("/") || path === "" ? "index.html" : path;
    const body = await readFile(join(dir, file)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(body);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const only = (masks: readonly MaskOnPage[]): MaskOnPage => {
  expect(masks).toHaveLength(1);
  return masks[0]!;
};

describe("the static site", () => {
  const warnings: string[] = [];
  let dir: string;
  let files: Server;
  let server: TestServer;
  let browser: Browser;
  let viewer: Viewer;
  let clicked: MaskOnPage;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "static-"));
    const warn = (text: string) => warnings.push(text);
    const customLogger = { ...createLogger("warn"), warn, warnOnce: warn };
    await build({ configFile: CONFIG, mode: "static", customLogger, build: { outDir: dir, emptyOutDir: true } });
    files = await fileServer(dir);
    server = await startTestServer({ modelDirs: [MODEL] });
    browser = await launchBrowser();
    viewer = await openViewer(browser, `http://127.0.0.1:${(files.address() as AddressInfo).port}/demo/`);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    files?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test("is built without a word, as the page of a first start is", () => {
    expect(warnings).toEqual([]);
  });

  const ask = async <T>(path: string, body: object): Promise<T> => {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(new URL(path, server.url), { method: "POST", headers, body: JSON.stringify(body) });
    expect(response.ok).toBe(true);
    return (await response.json()) as T;
  };

  test("isolates itself by its service worker, and opens the phantom under the server's id", async () => {
    await viewer.page.waitForFunction(
      () => crossOriginIsolated && document.querySelector("viewer-app")?.shadowRoot,
      null,
      { timeout: 120_000 },
    );
    await viewer.ready();
    const imageId = await viewer.read((state) => state.image?.info.imageId);
    const studies = (await (await fetch(new URL("v1/studies", server.url))).json()) as { imageId: string }[];
    expect(imageId).toBe(studies[0]?.imageId);
  });

  test("a click gives the server's mask, from an embedding of the same id", async () => {
    await viewer.click(...LIVER);
    clicked = only(await viewer.masks());
    const place = await viewer.read((state) => ({
      imageId: state.image!.info.imageId,
      plane: state.image!.plane.plane,
      slice: state.image!.slice,
    }));
    const window = await viewer.read((state) => state.image!.window);
    const info = await ask<EmbeddingInfo>(`v1/images/${place.imageId}/embeddings`, {
      plane: place.plane,
      slice: place.slice,
      ...(window ? { window: { center: window.center, width: window.width } } : {}),
    });
    const [x, y] = LIVER;
    const answer = await ask<MaskResponse>("v1/masks", {
      embeddingId: info.embeddingId,
      prompts: [{ kind: "point", x, y, label: "foreground" }],
      multimask: true,
    });
    expect(clicked.area).toBeGreaterThan(500);
    const best = Math.max(...answer.masks.map(({ rle }) => maskIou(decodeRle(rle), clicked.mask)));
    expect(best).toBeGreaterThanOrEqual(0.99);
    const on = await viewer.read((state) => [...state.masks.values()][0]!.candidates[0]!.on);
    expect(on?.id).toBe(info.embeddingId);
  });

  test("with the network cut it loads, names, and opens files", async () => {
    await new Promise((resolve) => files.close(resolve));
    files.closeAllConnections();
    await viewer.page.context().setOffline(true);
    await viewer.page.reload();
    await viewer.ready();
    expect(only(await viewer.masks()).area).toBe(clicked.area);
    const field = viewer.page.locator("input[role=combobox]");
    await field.fill("linke Niere");
    await field.press("Enter");
    await viewer.ready();
    expect(await viewer.masks()).toHaveLength(2);
  });

  test("a segment grows through the volume, offline", async () => {
    const { page } = viewer;
    const count = await viewer.read((state) => state.image!.plane.count);
    expect(count).toBeGreaterThan(20);
    await page
      .getByRole("button", { name: /^Edit liver|^Edit Segment 1/ })
      .first()
      .click();
    const before = await viewer.read((state) => state.log.done.length);
    await page.keyboard.press("Shift+P");
    await expect
      .poll(() => viewer.read(({ log }) => log.done.findLast((action) => action.kind === "masks")), {
        timeout: 240_000,
      })
      .toBeDefined();
    const grown = await viewer.read(({ log }) => log.done.findLast((action) => action.kind === "masks"));
    expect(before).toBeLessThan(await viewer.read((state) => state.log.done.length));
    expect(grown && "masks" in grown ? grown.masks.length : 0).toBeGreaterThan(5);
    await takeScreenshot(page, "offline-volume");
  });

  test("a series in JPEG 2000 opens offline and takes a name", needsData(SERIES), async () => {
    const folder = dataPath(SERIES) ?? "";
    const names = await readdir(folder);
    await viewer.page.getByLabel("Open image files").setInputFiles(names.map((name) => join(folder, name)));
    await viewer.page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.size[0] === 512,
      null,
      { timeout: 120_000 },
    );
    await viewer.ready();
    const field = viewer.page.locator("input[role=combobox]");
    await field.fill("liver");
    await field.press("Enter");
    await viewer.ready();
    expect(only(await viewer.masks()).area).toBeGreaterThan(5000);
    await takeScreenshot(viewer.page, "static-site");
  });

  describe("with a short series, offline", { ...needsData(SERIES), timeout: 300_000 }, () => {
    let at: { imageId: string; plane: string; window: { center: number; width: number } | null; count: number };

    beforeAll(async () => {
      const folder = dataPath(SERIES) ?? "";
      const names = (await readdir(folder)).sort().slice(8, 11);
      await viewer.page.getByLabel("Open image files").setInputFiles(names.map((name) => join(folder, name)));
      await viewer.page.waitForFunction(
        (count) =>
          (document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.info.size[2] === count,
        names.length,
        { timeout: 120_000 },
      );
      await viewer.ready();
      at = await viewer.read(({ image }) => ({
        imageId: image!.info.imageId,
        plane: image!.plane.plane,
        window: image!.encodeWindow && { center: image!.encodeWindow.center, width: image!.encodeWindow.width },
        count: image!.plane.count,
      }));
      const form = new FormData();
      for (const name of names) form.append("file", new Blob([await readFile(join(folder, name))]), name);
      const uploaded = await fetch(new URL("v1/images", server.url), { method: "POST", body: form });
      expect(((await uploaded.json()) as { imageId: string }).imageId).toBe(at.imageId);
    }, 300_000);

    /** The same job on a server. */
    const job = async (what: object): Promise<Job> => {
      const { imageId, plane, window, count } = at;
      const asked = { plane, ...(window ? { window } : {}), ...what, propagate: { from: 0, to: count - 1 } };
      const { jobId } = await ask<Job>(`v1/images/${imageId}/segmentations`, asked);
      const look = async () => (await (await fetch(new URL(`v1/jobs/${jobId}`, server.url))).json()) as Job;
      await expect.poll(async () => (await look()).state, { timeout: 240_000, interval: 500 }).toBe("done");
      return look();
    };

    test("where a name is, is where a server says that it is", async () => {
      const { page } = viewer;
      await page.getByRole("combobox", { name: "Segment by name" }).fill("spleen");
      await page.getByRole("button", { name: "Where is the spleen?" }).waitFor();
      await page.keyboard.press("Alt+Enter");
      await expect
        .poll(() => viewer.read(({ located }) => located?.places.length), { timeout: 240_000 })
        .toBe(at.count);
      const here = await viewer.read(({ located }) => located!.places);
      const [{ where = [] } = {}] = (await job({ text: "spleen", where: true })).segments;
      expect(here.map(({ slice, shown }) => [slice, shown])).toEqual(where.map(({ slice, shown }) => [slice, shown]));
      for (const [n, { presence }] of here.entries()) expect(presence).toBeCloseTo(where[n]!.presence, 2);
      expect(here.some(({ shown }) => shown)).toBe(true);
      await page.getByRole("button", { name: "Take the marks away" }).click();
    });

    test("all structures of all slices are those that a server finds, with the same masks", async () => {
      const { page } = viewer;
      await page.getByRole("button", { name: "Browse all names" }).click();
      await page.getByRole("button", { name: "Find all on all slices" }).click();
      const proposed = () => viewer.read((state) => [...state.proposed.values()].sort());
      await expect.poll(proposed, { timeout: 280_000, interval: 500 }).toContain("liver");
      await viewer.ready();
      const { segments } = await job({ find: "all" });
      expect(await proposed()).toEqual(segments.map(({ name }) => name).sort());
      const named = await viewer.read(({ proposed: all }) => [...all]);
      for (const mine of await viewer.masks()) {
        const name = named.find(([id]) => id === mine.segment)?.[1];
        const theirs = segments
          .find((segment) => segment.name === name)
          ?.masks.find(({ slice }) => slice === mine.slice);
        expect(maskIou(decodeRle(theirs!.rle), mine.mask), name).toBeGreaterThanOrEqual(0.99);
      }
      expect(await viewer.masks()).not.toEqual([]);
      await takeScreenshot(page, "offline-found");
    });
  });
});
