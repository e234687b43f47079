/** Whom this server asks, what it says of itself, and what searches give. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ArchiveStudies } from "../../../core/wire/index.ts";
import { DEFAULT_LIMITS } from "../../../server/ops/limits.ts";
import { type Archives, createArchives } from "../../../server/sources/dicomweb/archives.ts";
import { readArchives } from "../../../server/sources/dicomweb/config.ts";
import { createHarness, type Harness, post, SETUP_MS } from "../harness.ts";
import { ctSlice, SERIES, STUDY, startArchive, type TestArchive } from "./archive.ts";

const SLICES = 2;
let archive: TestArchive;
let harness: Harness;
let own: Archives | undefined;

beforeAll(async () => {
  archive = await startArchive(Array.from({ length: SLICES }, (_, n) => ctSlice(n, { name: "CANARY^PATIENT" })));
  const archives = createArchives(await readArchives(archive.root), DEFAULT_LIMITS);
  harness = await createHarness({ deps: { archives } });
}, SETUP_MS);
afterAll(async () => {
  await harness.close();
  await archive.close();
});
afterEach(() => {
  archive.requests.length = 0;
  own?.close();
});

const open = (init: RequestInit) => harness.request("/v1/images", init);

describe("B-19: whom this server asks", () => {
  test.each([
    "http://169.254.169.254/latest",
    "http://[fe80::1]/dicom-web",
    "http://[::ffff:169.254.169.254]/dicom-web",
    "http://0xa9fea9fe/dicom-web",
  ])("never %s, even when it is configured", async (root) => {
    const archives = createArchives(await readArchives(root), DEFAULT_LIMITS);
    await expect(archives.studies({ limit: 1, offset: 0 })).rejects.toMatchObject({
      code: "ArchiveFailed",
      detail: { reason: "its address is never asked" },
    });
  });

  test.each([
    "ftp://archive.example",
    "file:///etc/passwd",
    "gopher://x",
    "http://user:secret@archive.example",
    "http://a/?b=c",
  ])("%s is no root", async (root) => {
    await expect(readArchives(root)).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  test.each(["http://127.1/", "../../studies", "1.2/../../x", "1.2?x=1", "1.2%2f", ""])(
    "UIDs are UIDs: %j reaches no archive and is not repeated",
    async (uid) => {
      const answer = await open(post({ dicomweb: { study: uid, series: SERIES } }));
      expect(answer.status).toBe(400);
      if (uid !== "") expect(await answer.text()).not.toContain(uid);
      expect(archive.requests).toEqual([]);
    },
  );

  test("unknown keys, addresses among them, are refused", async () => {
    const answer = await open(post({ dicomweb: { study: STUDY, series: SERIES, wadoRoot: "http://evil.example" } }));
    expect(answer.status).toBe(400);
    expect((await open(post("{"))).status).toBe(400);
  });

  test("S-6: the caller's token goes up, nothing else does, and only where the configuration says so", async () => {
    const request = post({ limit: 1 });
    const headers = { ...request.headers, Authorization: "Bearer secret", Cookie: "a=b", "X-Forwarded-For": "1.2.3.4" };
    expect((await harness.request("/v1/archives/studies", { ...request, headers })).status).toBe(200);
    expect(archive.requests[0]?.headers).toMatchObject({ authorization: "Bearer secret" });
    for (const name of ["cookie", "x-forwarded-for"]) expect(archive.requests[0]?.headers).not.toHaveProperty(name);
    const [config] = await readArchives(archive.root);
    own = createArchives([{ ...config!, passToken: false }], DEFAULT_LIMITS);
    await own.studies({ limit: 1, offset: 0 }, { token: "Bearer secret" });
    expect(archive.requests[1]?.headers).not.toHaveProperty("authorization");
  });
});

describe("search", () => {
  test("gives studies page by page", async () => {
    const page = async (offset: number) =>
      ArchiveStudies.parse(await (await harness.request("/v1/archives/studies", post({ limit: 25, offset }))).json());
    const [first, second] = [await page(0), await page(25)];
    expect(first).toMatchObject({ more: true, studies: { length: 25 } });
    expect(second).toMatchObject({ more: false, studies: { length: 15 } });
    expect(first.studies[0]).toMatchObject({
      study: STUDY,
      patientName: "CANARY 0",
      modalities: ["CT", "SEG"],
      seriesCount: 1,
    });
  });

  test("says what was asked for to the archive", async () => {
    const asked = { patientName: "D*", modality: "CT", studyDate: "20260101-20260131" };
    await harness.request("/v1/archives/studies", post(asked));
    const { searchParams } = new URL(archive.requests[0]!.url, archive.root);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      PatientName: "D*",
      ModalitiesInStudy: "CT",
      StudyDate: "20260101-20260131",
    });
  });

  test("gives the series of a study, and the configured archives", async () => {
    const series = await (await harness.request("/v1/archives/series", post({ study: STUDY }))).json();
    expect(series).toEqual({ series: [{ series: SERIES, modality: "CT", instanceCount: SLICES }], more: false });
    expect(await (await harness.request("/v1/archives")).json()).toEqual([
      { name: "archive", friendlyName: "Archive", canStore: true },
    ]);
    const unknown = await harness.request("/v1/archives/series", post({ archive: "CANARY", study: STUDY }));
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).not.toContain("CANARY");
  });
});
