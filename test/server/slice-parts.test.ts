/** Parts of slices over HTTP: what a viewer of large pictures reads. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ImageInfo } from "../../core/wire/index.ts";
import { DEFAULT_LIMITS } from "../../formats/bytes/limits.ts";
import { readPng, writePng } from "../../formats/index.ts";
import { createHarness, type Harness, SETUP_MS } from "./harness.ts";

let harness: Harness;
let address: string;
const [WIDTH, HEIGHT] = [6, 5];
const values = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, n) => (n * 37) % 251);

beforeAll(async () => {
  harness = await createHarness();
  const body = writePng({ width: WIDTH, height: HEIGHT, data: values });
  const image = ImageInfo.parse(await (await harness.request("/v1/images", { method: "POST", body })).json());
  address = `/v1/images/${image.imageId}/slices/native/0`;
}, SETUP_MS);
afterAll(() => harness.close());

const get = (query: string) => harness.request(`${address}?${query}`);
const bytesOf = async (response: Response) => [...new Uint8Array(await response.arrayBuffer())];
const at = (x: number, y: number) => values[y * WIDTH + x]!;

test("a region is what the slice has there", async () => {
  const response = await get("region=2,1,5,3");
  expect(response.headers.get("X-Shape")).toBe("2,3");
  expect(await bytesOf(response)).toEqual([at(2, 1), at(3, 1), at(4, 1), at(2, 2), at(3, 2), at(4, 2)]);
});

test("a level is the mean of each block", async () => {
  const response = await get("level=2");
  expect(response.headers.get("X-Shape")).toBe("2,2");
  const block = [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3].map((x) => at(x, y)));
  const mean = Math.round(block.reduce((sum, value) => sum + value, 0) / block.length);
  const corner = Math.round((at(4, 4) + at(5, 4)) / 2);
  const found = await bytesOf(response);
  expect([found[0], found[3]]).toEqual([mean, corner]);
});

test("parts have addresses and validators of their own, and come as PNG too", async () => {
  const [whole, part] = [await get("level=0"), await get("region=0,0,2,2")];
  expect(part.headers.get("ETag")).not.toBe(whole.headers.get("ETag"));
  const png = await get("region=1,1,3,3&window=128,256");
  const { size } = await readPng(new Uint8Array(await png.arrayBuffer()), DEFAULT_LIMITS);
  expect(size).toEqual([2, 2, 1]);
});

test.each(["region=0,0,7,2", "region=3,0,3,2", "region=1,2,3", "region=-1,0,2,2", "level=99", "level=x"])(
  "%s is refused",
  async (query) => {
    const response = await get(query);
    expect([response.status, (await response.json()).code]).toEqual([400, "InvalidRequest"]);
  },
);
