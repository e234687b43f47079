/** What is looked at before a series of an archive is opened: one picture of it, and the images that it holds. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ImageInfo, SeriesImage } from "../../../core/wire/index.ts";
import { readPng } from "../../../formats/index.ts";
import { DEFAULT_LIMITS } from "../../../server/ops/limits.ts";
import { createArchives } from "../../../server/sources/dicomweb/archives.ts";
import { readArchives } from "../../../server/sources/dicomweb/config.ts";
import { createHarness, type Harness, post, SETUP_MS } from "../harness.ts";
import { ctSlice, MULTIPART, multipart, SERIES, STUDY, startArchive, type TestArchive } from "./archive.ts";

const SIDE = 200;
/** Two orientations under one Series Instance UID, as phases and localizers often come. */
const files = Array.from({ length: 9 }, (_, n) =>
  ctSlice(n, { side: SIDE, orientation: n < 4 ? "1\\0\\0\\0\\0\\-1" : "1\\0\\0\\0\\1\\0" }),
);

let archive: TestArchive;
let harness: Harness;
beforeAll(async () => {
  archive = await startArchive(files);
  const archives = createArchives(await readArchives(archive.root), DEFAULT_LIMITS);
  harness = await createHarness({ deps: { archives } });
}, SETUP_MS);
afterAll(async () => {
  await harness.close();
  await archive.close();
});
afterEach(() => {
  archive.fault = undefined;
  archive.requests.length = 0;
});

const at = { study: STUDY, series: SERIES };
const ask = (path: string, body: object) => harness.request(path, post(body));
const instances = () => archive.requests.filter(({ url }) => url.includes("/instances"));

describe("a picture of a series", () => {
  test.each([
    { asked: {}, expected: 128 },
    { asked: { side: 150 }, expected: 150 },
    { asked: { side: 1024 }, expected: SIDE },
  ])("has the side that is asked for, and no pixel more than the slice: $asked", async ({ asked, expected }) => {
    const response = await ask("/v1/archives/thumbnail", { ...at, ...asked });
    expect(response.status).toBe(200);
    const { size } = readPng(new Uint8Array(await response.arrayBuffer()), DEFAULT_LIMITS as never);
    expect(size).toEqual([expected, expected, 1]);
  });

  test("needs one instance and no list of all", async () => {
    await ask("/v1/archives/thumbnail", at);
    expect(instances().map(({ url }) => new URL(url, "http://a").searchParams.get("limit"))).toEqual(["1", null]);
    expect(instances()[0]!.url).toContain("offset=4");
  });

  test("is had from an archive that does not count, too", async () => {
    archive.fault = (_request, response, url) => {
      if (!url.pathname.endsWith("/series")) return false;
      response.writeHead(200, { "Content-Type": "application/dicom+json" }).end("[]");
      return true;
    };
    expect((await ask("/v1/archives/thumbnail", at)).status).toBe(200);
  });

  test("of somebody else is not shown", async () => {
    archive.fault = (_request, response, url) => {
      if (!/\/instances\/[\d.]+$/.test(url.pathname)) return false;
      response.writeHead(200, { "Content-Type": MULTIPART });
      response.end(multipart(ctSlice(0, { series: "1.2.3.4.5" }).bytes));
      return true;
    };
    const response = await ask("/v1/archives/thumbnail", at);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ code: "ArchiveFailed" });
  });
});

test("the images inside a series are listed, and each can be opened", async () => {
  const listed = SeriesImage.array().parse(await (await ask("/v1/archives/images", at)).json());
  expect(listed.map(({ size }) => size)).toEqual([
    [SIDE, SIDE, 5],
    [SIDE, SIDE, 4],
  ]);
  for (const { index, size } of listed) {
    const opened = await ask("/v1/images", { dicomweb: at, index });
    expect(ImageInfo.parse(await opened.json()).size).toEqual(size);
  }
});
