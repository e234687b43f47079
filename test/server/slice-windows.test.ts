/** Windows over HTTP: each slice's own, where the file gives one, is its default; colour takes one when it is asked for. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { EmbeddingInfo, ImageInfo } from "../../core/wire/index.ts";
import { DEFAULT_LIMITS } from "../../formats/bytes/limits.ts";
import { readPng, writePng } from "../../formats/index.ts";
import { at, ds, object, steps } from "../formats/dicom-objects.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";

const CENTERS = [40, 100, 300, 700];
let harness: Harness;
let image: ImageInfo;

beforeAll(async () => {
  harness = await createHarness();
  const form = new FormData();
  // From head to feet, so that the axial plane runs against the file.
  steps(4, -2).forEach((z, k) => {
    const window = { ...ds(0x00281050, CENTERS[k]!), ...ds(0x00281051, 101) };
    const along = { ...at(z), ...ds(0x00200037, 1, 0, 0, 0, -1, 0) };
    form.append(
      "file",
      new Blob([object({ instance: k + 1, value: CENTERS[k]! + 10, more: { ...along, ...window } }).bytes]),
    );
  });
  image = ImageInfo.parse(await (await harness.request("/v1/images", { method: "POST", body: form })).json());
}, SETUP_MS);
afterAll(() => harness.close());

const grid = (name: string) => image.planes.find(({ plane }) => plane === name)!;

test("planes along the file say it for each slice, those across it do not", () => {
  const centers = (name: string) => grid(name).windows?.map(({ center }) => center);
  expect(centers("native")).toEqual(CENTERS);
  expect(centers("axial")).toEqual(CENTERS.toReversed());
  expect([centers("coronal"), centers("sagittal")]).toEqual([undefined, undefined]);
});

test.each(["native", "axial"])("the automatic window and the embedding of a %s slice use it", async (plane) => {
  for (const [k, { center }] of grid(plane).windows!.entries()) {
    const png = await harness.request(`/v1/images/${image.imageId}/slices/${plane}/${k}?window=auto`);
    const { data } = readPng(new Uint8Array(await png.arrayBuffer()), DEFAULT_LIMITS);
    // LINEAR: ((x − (c − 0.5)) / (w − 1) + 0.5) · 255, ten above the centre.
    expect([...data]).toEqual(Array(12).fill(Math.round((10.5 / 100 + 0.5) * 255)));
    const made = await harness.request(`/v1/images/${image.imageId}/embeddings`, post({ plane, slice: k }));
    expect(EmbeddingInfo.parse(await made.json()).window).toEqual({ center, width: 101 });
  }
});

test("a window that is asked for goes before it", async () => {
  const window = { center: 5, width: 10 };
  const made = await harness.request(`/v1/images/${image.imageId}/embeddings`, post({ slice: 1, window }));
  expect(EmbeddingInfo.parse(await made.json()).window).toEqual(window);
});

test("colour takes a window when one is asked for, all channels alike", async () => {
  const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, n) => n);
  const body = writePng({ width: 8, height: 8, channels: 3, data });
  const { imageId, windows } = ImageInfo.parse(
    await (await harness.request("/v1/images", { method: "POST", body })).json(),
  );
  expect(windows.map(({ name }) => name)).toEqual(["full range", "auto 1-99 %"]);
  // LINEAR from 74 to 125: five greys a value.
  const shown = await harness.request(`/v1/images/${imageId}/slices/native/0?window=100,52`);
  const expected = data.map((value) => Math.min(255, Math.max(0, 5 * (value - 74))));
  expect(readPng(new Uint8Array(await shown.arrayBuffer()), DEFAULT_LIMITS).data).toEqual(expected);
  const ids = await Promise.all(
    [undefined, { center: 100, width: 52 }].map(async (window) => {
      const made = await harness.request(`/v1/images/${imageId}/embeddings`, post({ window }));
      const { embeddingId, window: used } = EmbeddingInfo.parse(await made.json());
      expect(used).toEqual(window ?? null);
      return embeddingId;
    }),
  );
  expect(ids[0]).not.toBe(ids[1]);
});
