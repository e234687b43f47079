/** The archive that many researchers run, started here: in by UID, out as DICOM SEG, back by WADO. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Rle } from "../../core/wire/index.ts";
import { ImageInfo, type ImportResult } from "../../core/wire/index.ts";
import { dataPath, needsData } from "../support/data.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { CT_SLICES, needsOrthanc, type Orthanc, startOrthanc, uploadCt, withUids } from "./orthanc.ts";

const STUDY = "1.2.826.0.1.3680043.10.1";
const SERIES = `${STUDY}.1`;

describe("Orthanc", { ...needsData(CT_SLICES), ...needsOrthanc }, () => {
  let orthanc: Orthanc;
  let server: TestServer;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    await uploadCt(orthanc, { study: STUDY, series: SERIES });
    server = await startTestServer({ dicomweb: orthanc.root });
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await orthanc?.close();
  });

  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });

  test("tells its studies and series", async () => {
    const { studies } = await (await post("/v1/archives/studies", { modality: "CT" })).json();
    expect(studies).toMatchObject([{ study: STUDY, modalities: ["CT"], seriesCount: 1, instanceCount: 20 }]);
    const { series } = await (await post("/v1/archives/series", { study: STUDY })).json();
    expect(series).toMatchObject([{ series: SERIES, modality: "CT", instanceCount: 20 }]);
    const none = await (await post("/v1/archives/studies", { patientName: "NOBODY-LIKE-THIS" })).json();
    expect(none).toEqual({ studies: [], more: false });
  });

  test("at a wrong root is no archive without studies", async () => {
    const wrong = await startTestServer({ dicomweb: `${orthanc.root}-wrong` });
    const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
    const answer = await fetch(`${wrong.url}/v1/archives/studies`, asked);
    expect(await answer.json()).toMatchObject({ code: "ArchiveFailed", info: { status: 404 } });
    await wrong.close();
  });

  test("a JPEG 2000 series opens by UID, a result goes back as DICOM SEG, and WADO gives the same voxels", async () => {
    const image = ImageInfo.parse(
      await (await post("/v1/images", { dicomweb: { study: STUDY, series: SERIES } })).json(),
    );
    expect(image.size).toEqual([512, 512, 20]);
    const masks = [3, 4, 11].map((slice) => ({ slice, rle: rectangle(slice) }));
    const segments = [{ name: "Probe", masks }];
    const exported = await post("/v1/exports", { imageId: image.imageId, format: "dicom-seg", segments });
    expect(exported.status).toBe(200);
    const stored = await fetch(`${server.url}/v1/images/${image.imageId}/results`, {
      method: "POST",
      headers: { "Content-Type": "application/dicom" },
      body: await exported.arrayBuffer(),
    });
    expect(stored.status).toBe(200);
    expect(await stored.json()).toMatchObject({ stored: 1, instances: [{ stored: true }] });

    const { series } = await (await post("/v1/archives/series", { study: STUDY })).json();
    const seg = series.find(({ modality }: { modality: string }) => modality === "SEG");
    const answer = await fetch(`${orthanc.root}/studies/${STUDY}/series/${seg.series}`, {
      headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
    });
    const imported = await fetch(`${server.url}/v1/images/${image.imageId}/imports`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: onlyPart(Buffer.from(await answer.arrayBuffer()), answer.headers.get("Content-Type") ?? ""),
    });
    const result: ImportResult = await imported.json();
    expect(result.segments).toMatchObject([{ name: "Probe" }]);
    expect(
      result.segments[0]?.masks.map(({ slice, rle }) => ({ slice, rle })).toSorted((a, b) => a.slice - b.slice),
    ).toEqual(masks);
  });

  test("a file of another study is not sent", async () => {
    const image = ImageInfo.parse(
      await (await post("/v1/images", { dicomweb: { study: STUDY, series: SERIES } })).json(),
    );
    const [name] = readdirSync(dataPath(CT_SLICES) ?? "");
    const bytes = new Uint8Array(readFileSync(join(dataPath(CT_SLICES) ?? "", name ?? "")));
    const other = withUids(bytes, { study: "1.2.3", series: "1.2.3.4", instance: "1.2.3.4.5" });
    const refused = await fetch(`${server.url}/v1/images/${image.imageId}/results`, {
      method: "POST",
      headers: { "Content-Type": "application/dicom" },
      body: new Uint8Array(other),
    });
    expect(refused.status).toBe(400);
  });
});

/** 100 columns from 200 on, as high as the slice is old: no two slices alike. */
function rectangle(slice: number): Rle {
  const height = 50 + slice;
  const columns = Array.from({ length: 99 }, () => [height, 512 - height]).flat();
  return { size: [512, 512], counts: [200 * 512 + 150, ...columns, height, 512 * 512 - (299 * 512 + 150 + height)] };
}

/** Orthanc's answer about a series of one instance has one part. */
function onlyPart(body: Buffer, type: string): Uint8Array<ArrayBuffer> {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1] ?? "";
  const start = body.indexOf("\r\n\r\n") + 4;
  return new Uint8Array(body.subarray(start, body.lastIndexOf(`\r\n--${boundary}`)));
}
