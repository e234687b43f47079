import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageInfo, type StudyEntry } from "../../../core/wire/index.ts";
import { readPng } from "../../../formats/index.ts";
import { createApp } from "../../../server/app.ts";
import { DEFAULT_LIMITS } from "../../../server/ops/limits.ts";
import { openFolder } from "../../../server/sources/folder/folder.ts";
import { ctSlice } from "../archives/archive.ts";
import { createHarness, type Harness, post, SETUP_MS } from "../harness.ts";
import { pngOf } from "../image-support.ts";

let harness: Harness;
let dir: string;

/** 100 series of 5 slices in two studies, a broken one, a list of pictures, and files that are no image. */
async function fill(): Promise<void> {
  for (let series = 0; series < 100; series++) {
    const study = series < 60 ? "1.2.1" : "1.2.2";
    const count = series === 3 ? 9 : 5;
    for (let n = 0; n < count; n++) {
      const { bytes } = ctSlice(n, { study, series: `${study}.${series + 1}`, side: 64, name: "CANARY" });
      await writeFile(join(dir, `CANARY_${series}_${n}.dcm`), bytes);
    }
  }
  const broken = ctSlice(0, { study: "1.2.2", series: "1.2.2.999", side: 64 }).bytes;
  await writeFile(join(dir, "broken.dcm"), broken.subarray(0, broken.length - 100));
  await mkdir(join(dir, "pictures"));
  for (let n = 0; n < 3; n++) await writeFile(join(dir, "pictures", `CANARY${n}.png`), pngOf(n));
  await writeFile(join(dir, "notes.txt"), "CANARY");
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "folder-"));
  await fill();
  const bare = await createHarness();
  const folder = await openFolder(dir, bare.services.images, DEFAULT_LIMITS);
  harness = { ...bare, ...(await harnessOf(bare, folder)) };
}, SETUP_MS);
afterAll(async () => {
  await harness.close();
  await rm(dir, { recursive: true, force: true });
});

async function harnessOf(bare: Harness, folder: Awaited<ReturnType<typeof openFolder>>) {
  const app = createApp({ ...bare.deps, folder });
  return { request: async (path: string, init?: RequestInit) => app.request(path, init) };
}

const studies = async (): Promise<StudyEntry[]> => (await harness.request("/v1/studies")).json();
const open = (body: object) => harness.request("/v1/images", post(body));

describe("a folder of a hundred series", () => {
  test("is a list of studies and series, and only the first one has been read", async () => {
    const list = await studies();
    expect(list.map(({ series }) => series.length).sort()).toEqual([1, 41, 60]);
    const [first] = list;
    expect(first?.imageId).toMatch(/^sha256:/);
    expect(first?.series[0]).toMatchObject({ modality: "CT", format: "DICOM", files: 9, size: [64, 64, 9] });
    const images = await readdir(join(harness.dir, "cache", "images"));
    expect(images.filter((name) => name.endsWith(".vol"))).toHaveLength(1);
    expect(list.flatMap(({ left }) => left)).toEqual([
      { files: 1, reason: "They are of no format that is read here." },
    ]);
    expect(JSON.stringify(list)).not.toContain("CANARY");
  });

  test("opens the series that is asked for, and reads no other", async () => {
    const [, other] = await studies();
    const { seriesId } = other!.series[0]!;
    const response = await open({ seriesId });
    expect(response.status).toBe(201);
    const { size, imageId } = ImageInfo.parse(await response.json());
    expect(size).toEqual([64, 64, 5]);
    expect((await harness.request(`/v1/images/${imageId}`)).status).toBe(200);
  });

  test("says why a series cannot be read once somebody has tried", async () => {
    const find = async () => (await studies()).flatMap(({ series }) => series).find(({ files }) => files === 1);
    const before = await find();
    expect(before).not.toHaveProperty("reason");
    expect((await open({ seriesId: before!.seriesId })).status).toBe(422);
    expect((await find())?.reason).toMatch(/bytes/);
  });

  test("lists pictures one by one and opens the one that is chosen", async () => {
    const series = (await studies()).flatMap((study) => study.series).find(({ kind }) => kind === "pictures");
    const images = await (await harness.request(`/v1/studies/series/${series!.seriesId}`)).json();
    expect(images).toHaveLength(3);
    const ids = [];
    for (const index of [0, 1, 2])
      ids.push(ImageInfo.parse(await (await open({ seriesId: series!.seriesId, index })).json()).imageId);
    expect(new Set(ids).size).toBe(3);
    expect((await open({ seriesId: series!.seriesId, index: 3 })).status).toBe(404);
  });

  test("shows a small picture of a series and keeps nothing of it", async () => {
    const [first] = await studies();
    const response = await harness.request(`/v1/studies/series/${first!.series[5]!.seriesId}/thumbnail`);
    expect(response.headers.get("Content-Type")).toBe("image/png");
    const picture = readPng(new Uint8Array(await response.arrayBuffer()), DEFAULT_LIMITS as never);
    expect(picture.size).toEqual([64, 64, 1]);
    expect(new Set(picture.data).size).toBeGreaterThan(10);
  });

  test.each(["0".repeat(32), "x", "../../etc"])("has no series %j", async (seriesId) => {
    expect((await open({ seriesId })).status).toBeGreaterThanOrEqual(400);
    expect((await harness.request(`/v1/studies/series/${encodeURIComponent(seriesId)}`)).status).toBeGreaterThanOrEqual(
      400,
    );
  });
});

test("the images of a series of two orientations are listed, and either can be opened", async () => {
  const mixed = await mkdtemp(join(tmpdir(), "mixed-"));
  for (const [k, orientation] of ["1\\0\\0\\0\\1\\0", "1\\0\\0\\0\\0\\-1"].entries()) {
    for (let n = 0; n < 3 + k; n++) {
      await writeFile(join(mixed, `${k}-${n}.dcm`), ctSlice(n + k * 10, { orientation }).bytes);
    }
  }
  const folder = await openFolder(mixed, harness.services.images, DEFAULT_LIMITS);
  const [series] = folder.list()[0]!.series;
  const images = await folder.images(series!.seriesId);
  expect(images.length).toBeGreaterThan(1);
  const second = await folder.open(series!.seriesId, { index: 1 });
  expect(second.info.size).toEqual(images[1]!.size);
  await rm(mixed, { recursive: true });
});

test("files that come, change and go after the start are seen, and only those are asked what they are", async () => {
  const { services } = harness;
  const later = await mkdtemp(join(tmpdir(), "later-"));
  const put = async (series: string, n: number) =>
    writeFile(join(later, `${series}-${n}.dcm`), ctSlice(n, { study: "1.2.5", series, side: 16 }).bytes);
  for (const n of [0, 1]) await put("1.2.5.1", n);
  const asked: number[] = [];
  const images: typeof services.images = {
    ...services.images,
    heads: (paths) => {
      asked.push(paths.length);
      return services.images.heads(paths);
    },
  };
  const folder = await openFolder(later, images, { ...DEFAULT_LIMITS, rescanMs: 0 });
  const seen = () => folder.list().flatMap(({ series }) => series);
  const [first] = seen();
  expect(first).toMatchObject({ files: 2 });
  expect(first).toHaveProperty("imageId");
  for (const n of [0, 1, 2]) await put("1.2.5.2", n);
  await folder.refresh();
  expect(
    seen()
      .map(({ files }) => files)
      .sort(),
  ).toEqual([2, 3]);
  expect(seen().find(({ files }) => files === 2)).toEqual(first);
  const fresh = seen().find(({ files }) => files === 3)!;
  expect((await folder.open(fresh.seriesId)).info.size).toEqual([16, 16, 3]);

  await put("1.2.5.1", 2);
  await rm(join(later, "1.2.5.2-0.dcm"));
  await folder.refresh();
  const grown = seen().find(({ seriesId }) => seriesId === first!.seriesId);
  expect(grown).toMatchObject({ files: 3 });
  expect(grown).not.toHaveProperty("imageId");
  expect(seen().find(({ seriesId }) => seriesId === fresh.seriesId)).toMatchObject({ files: 2 });
  expect((await folder.open(first!.seriesId)).info.size).toEqual([16, 16, 3]);
  expect(asked).toEqual([2, 3, 1]);

  await rm(later, { recursive: true });
  await folder.refresh();
  expect(seen()).toHaveLength(2);
});
