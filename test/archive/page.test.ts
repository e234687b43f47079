/** What a user of the page does with an archive: open a study by its UID, click, send the result back, look at it in OHIF. */
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtViewer, openViewer } from "../e2e/viewer-page.ts";
import { launchBrowser } from "../support/browser.ts";
import { needsData } from "../support/data.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { type Served, startTestServer, type TestServer } from "../support/serve.ts";
import { needsOhif, openSeg, serveOhif, voxelsIn } from "./ohif.ts";
import { CT_SLICES, needsOrthanc, type Orthanc, startOrthanc, uploadCt } from "./orthanc.ts";

const STUDY = "1.2.826.0.1.3680043.10.3";
const SERIES = `${STUDY}.1`;
const COUNT = 20;
/** In the liver, on the middle slice. */
const LIVER = [180, 250] as const;
const modelDirs = [fileURLToPath(new URL("../../models/default", import.meta.url))];

describe("the page with Orthanc", { ...needsData(CT_SLICES), ...needsOrthanc }, () => {
  let orthanc: Orthanc;
  let server: TestServer;
  let site: Served;
  let browser: Browser;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    await uploadCt(orthanc, { study: STUDY, series: SERIES });
    server = await startTestServer({ dicomweb: orthanc.root, clientDir: await builtViewer(), modelDirs });
    site = await serveOhif(orthanc.root);
    browser = await launchBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
    await orthanc?.close();
  });

  const shot = async (page: { screenshot(options: { path: string }): Promise<unknown> }, name: string) => {
    await takeScreenshot(page, name);
  };

  test(
    "a click on a study opened by UID is sent as DICOM SEG, and OHIF shows the very same voxels",
    needsOhif,
    async () => {
      const viewer = await openViewer(browser, `${server.url}/?StudyInstanceUIDs=${STUDY}`);
      const { page } = viewer;
      expect(await viewer.read(({ image }) => image?.info.size)).toEqual([512, 512, COUNT]);
      await viewer.click(...LIVER);
      const [made] = await viewer.masks();
      expect(made!.area).toBeGreaterThan(500);
      await page.getByRole("button", { name: "Export", exact: true }).click();
      await page.getByRole("radio", { name: "DICOM SEG" }).first().check();
      const send = page.getByRole("button", { name: "Send to Archive" });
      await expect.poll(() => send.isEnabled()).toBe(true);
      await shot(page, "send");
      await send.click();
      await page.getByText("Archive has stored the result.").waitFor();
      await shot(page, "sent");
      expect(viewer.problems).toEqual([]);
      await page.context().close();

      const found = await fetch(`${orthanc.root}/studies/${STUDY}/series?Modality=SEG`);
      expect(await found.json()).toHaveLength(1);

      const ohif = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      await ohif.goto(`${site.url}/viewer?StudyInstanceUIDs=${STUDY}`);
      await openSeg(ohif, COUNT);
      const instances = Array.from({ length: COUNT }, (_, n) => `${SERIES}.${n + 1}`);
      const { slices } = await voxelsIn(ohif, instances);
      const drawn = slices.flatMap((data, n) => (data.some((value) => value !== 0) ? [n] : []));
      expect(drawn).toHaveLength(1);
      expect(slices[drawn[0]!]).toEqual(Array.from(made!.mask.data));
      await shot(ohif, "ohif-of-page");
      await ohif.close();
    },
  );

  test("a report goes with its segmentation, and what says nothing of a person goes to a study of its own", async () => {
    const viewer = await openViewer(browser, `${server.url}/?StudyInstanceUIDs=${STUDY}`);
    const { page } = viewer;
    await viewer.click(...LIVER);
    await viewer.masks();
    /** What has come to the archive; the page's own word may still stand there from the time before. */
    const send = async (format: RegExp, deidentified: boolean, count: number) => {
      const before = await idsIn(orthanc);
      await page.getByRole("button", { name: "Export", exact: true }).click();
      await page.getByRole("radio", { name: format }).first().check();
      await page.getByRole("checkbox", { name: "Remove identifying data" }).setChecked(deidentified);
      const button = page.getByRole("button", { name: "Send to Archive" });
      await expect.poll(() => button.isEnabled()).toBe(true);
      await button.click();
      await page.getByText("Archive has stored the result.").first().waitFor();
      await expect.poll(async () => without(await idsIn(orthanc), before).length, { timeout: 30_000 }).toBe(count);
      return without(await idsIn(orthanc), before);
    };
    const reported = await send(/measurement report/, false, 2);
    expect(reported.map(({ modality, study }) => [modality, study]).toSorted()).toEqual([
      ["SEG", STUDY],
      ["SR", STUDY],
    ]);
    const [nameless] = await send(/DICOM SEG/, true, 1);
    expect(nameless).toMatchObject({ modality: "SEG", patientId: "", patientName: "" });
    expect(nameless!.study).not.toBe(STUDY);
    expect(viewer.problems).toEqual([]);
    await page.context().close();
  });
});

/** Every object of the archive as QIDO-RS tells it. */
async function idsIn({ root }: Orthanc) {
  const answer = await fetch(`${root}/instances?includefield=00100010&includefield=00100020`);
  const found: Record<string, { Value?: (string | { Alphabetic?: string })[] }>[] = await answer.json();
  return found.map((item) => {
    const text = (tag: string) => {
      const [value] = item[tag]?.Value ?? [];
      return typeof value === "string" ? value : (value?.Alphabetic ?? "");
    };
    return {
      ...{ instance: text("00080018"), study: text("0020000D"), modality: text("00080060") },
      ...{ patientId: text("00100020"), patientName: text("00100010") },
    };
  });
}

const without = <T extends { instance: string }>(all: readonly T[], known: readonly { instance: string }[]): T[] =>
  all.filter(({ instance }) => !known.some((other) => other.instance === instance));
