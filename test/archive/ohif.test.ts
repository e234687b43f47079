/** A result of ours in the archive, seen by a user of stock OHIF in Chromium. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeRle, encodeRle } from "../../core/mask/rle.ts";
import { ImageInfo } from "../../core/wire/index.ts";
import { launchBrowser } from "../support/browser.ts";
import { ctSeries } from "../support/dicom-series.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { type Served, startTestServer, type TestServer } from "../support/serve.ts";
import { needsOhif, openSeg, serveOhif, voxelsIn } from "./ohif.ts";
import { needsOrthanc, type Orthanc, startOrthanc } from "./orthanc.ts";

const STUDY = "1.2.826.0.1.3680043.10.2";
const SERIES = `${STUDY}.1`;
const SIDE = 64;
const SLICES = 8;

/** The disc of a slice as `ctSeries` draws it, with a bite at its upper left. */
const discOf = (k: number) =>
  encodeRle({
    width: SIDE,
    height: SIDE,
    data: Uint8Array.from({ length: SIDE * SIDE }, (_, n) => {
      const [x, y] = [(n % SIDE) - 30, Math.floor(n / SIDE) - 26];
      return +(x * x + y * y < (8 + k) ** 2 && !(x < -2 && y < -2));
    }),
  });

describe("stock OHIF 3.13", { ...needsOrthanc, ...needsOhif }, () => {
  let orthanc: Orthanc;
  let server: TestServer;
  let site: Served;
  let browser: Browser;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    for (const bytes of ctSeries(SLICES)) await orthanc.upload(bytes);
    server = await startTestServer({ dicomweb: orthanc.root });
    site = await serveOhif(orthanc.root);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
    await orthanc?.close();
  });

  test("shows a stored SEG over its slices, voxel by voxel", async () => {
    const masks = [2, 3, 4].map((slice) => ({ slice, rle: discOf(slice) }));
    const other = [{ slice: 6, rle: discOf(1) }];
    await store(server, [
      { name: "Liver", colour: "#ff0000", masks },
      { name: "Spot", colour: "#00ff00", masks: other },
    ]);
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(`${site.url}/viewer?StudyInstanceUIDs=${STUDY}`);
    await openSeg(page, SLICES);
    const seen = await voxelsIn(
      page,
      Array.from({ length: SLICES }, (_, k) => `${SERIES}.${k + 1}`),
    );
    expect(seen.labels).toEqual(["Liver", "Spot"]);
    for (const [k, data] of seen.slices.entries()) {
      const [number, rle] = k === 6 ? [2, discOf(1)] : [1, discOf(k)];
      const drawn = k >= 2 && k <= 6 && k !== 5;
      const expected = drawn ? Array.from(decodeRle(rle).data, (value) => value * number) : Array(SIDE * SIDE).fill(0);
      expect(data, `slice ${k}`).toEqual(expected);
    }
    await takeScreenshot(page, "ohif");
  });
});

async function store({ url }: TestServer, segments: readonly object[]): Promise<void> {
  const post = (path: string, type: string, body: BodyInit) =>
    fetch(`${url}${path}`, { method: "POST", headers: { "Content-Type": type }, body });
  const json = "application/json";
  const opened = await post("/v1/images", json, JSON.stringify({ dicomweb: { study: STUDY, series: SERIES } }));
  const { imageId } = ImageInfo.parse(await opened.json());
  const order = JSON.stringify({ imageId, format: "dicom-seg", segments });
  const file = await (await post("/v1/exports", json, order)).arrayBuffer();
  const stored = await post(`/v1/images/${imageId}/results`, "application/dicom", file);
  expect(await stored.json()).toMatchObject({ stored: 1 });
}
