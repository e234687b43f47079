import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPhantom } from "../../core/phantom/phantom.ts";
import { readSafetensors } from "../../core/tensor/safetensors.ts";
import { EmbeddingInfo, ImageInfo, MaskResponse, Problem } from "../../core/wire/index.ts";
import { DEFAULT_LIMITS as FORMAT_LIMITS } from "../../formats/bytes/limits.ts";
import { readPng, writePng } from "../../formats/index.ts";
import { dataPath, needsData } from "../support/data.ts";
import { createHarness, type Harness, post, SETUP_MS, seriesForm, upload } from "./harness.ts";

let harness: Harness;
let image: ImageInfo;
const side = 64;
const pixels = Uint8Array.from({ length: side * side }, (_, n) => ((n % side) * 4 + (n >> 6)) % 256);
const png = writePng({ width: side, height: side, data: pixels });
const point = { kind: "point", x: 30, y: 30, label: "foreground" };

const request = (path: string, init?: RequestInit) => harness.request(path, init);
const embed = async (slice = 0) => {
  const response = await request(`/v1/images/${image.imageId}/embeddings`, post({ slice }));
  return { response, info: EmbeddingInfo.parse(await response.json()) };
};

/** Runs of the encoder so far, as the metrics count them. */
async function encodes(): Promise<number> {
  const text = await (await request("/metrics")).text();
  return Number(/promptomy_encodes_total\{model="tiny-promptomy"\} (\d+)/.exec(text)?.[1] ?? 0);
}

beforeAll(async () => {
  harness = await createHarness();
  const response = await request("/v1/images", { method: "POST", body: png });
  expect(response.status).toBe(201);
  image = ImageInfo.parse(await response.json());
  expect(response.headers.get("Location")).toBe(`/v1/images/${image.imageId}`);
}, SETUP_MS);
afterAll(() => harness.close());

describe("images", () => {
  test("the same pixels again are the same image", async () => {
    const again = await request("/v1/images", { method: "POST", body: png });
    expect([again.status, await again.json()]).toEqual([200, image]);
    for (const index of ["1", "-1", "x"])
      expect((await request(`/v1/images?index=${index}`, { method: "POST", body: png })).status).toBe(400);
    const described = await request(`/v1/images/${image.imageId}`);
    expect(await described.json()).toEqual(image);
  });

  test("tell where they came from only when asked", async () => {
    const source = {
      studyInstanceUid: "1.2.840.77",
      seriesInstanceUid: "1.2.840.78",
      slices: [{ sopClassUid: "1.2.840.79", sopInstanceUid: "1.2.840.80", frame: 1 }],
      attributes: { "00100010": { vr: "PN", value: "CANARY" } },
    };
    const volume = { ...createPhantom().volume, source };
    const { info } = await harness.services.images.addVolume(volume);
    const plain = await request(`/v1/images/${info.imageId}`);
    expect(await plain.json()).toEqual(info);
    const full = await request(`/v1/images/${info.imageId}?source=true`);
    expect([full.headers.get("Cache-Control"), await full.json()]).toEqual(["no-store", { ...info, source }]);
    const none = await request(`/v1/images/${image.imageId}?source=true`);
    expect(await none.json()).toEqual(image);
    for (const query of ["source=yes", "source=true&source=true", "tags=all"])
      expect((await request(`/v1/images/${info.imageId}?${query}`)).status).toBe(400);
    expect(`${harness.log.join("")}${await (await request("/metrics")).text()}`).not.toMatch(/CANARY|1\.2\.840/);
  });

  test("one file may come as multipart", async () => {
    const form = new FormData();
    form.append("file", new Blob([png]), "LASTNAME_FIRSTNAME.png");
    expect((await request("/v1/images", { method: "POST", body: form })).status).toBe(200);
  });

  test("slices are the stored values, little-endian, named by what they are", async () => {
    const response = await request(`/v1/images/${image.imageId}/slices/native/0`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(pixels);
    const names = ["X-Dtype", "X-Shape", "X-Rescale-Slope", "X-Rescale-Intercept", "X-Inverted", "X-Spacing-Mm"];
    expect(names.map((name) => response.headers.get(name))).toEqual(["uint8", "64,64", "1", "0", "false", null]);
    expect(response.headers.get("Cache-Control")).toBe("private, max-age=31536000, immutable");
  });

  test("a window makes a PNG of exactly those greys", async () => {
    const response = await request(`/v1/images/${image.imageId}/slices/native/0?window=128,256`);
    expect(response.headers.get("Content-Type")).toBe("image/png");
    const { data } = readPng(new Uint8Array(await response.arrayBuffer()), FORMAT_LIMITS);
    expect(data).toEqual(pixels);
    const wide = await request(`/v1/images/${image.imageId}/slices/native/0?window=0,100000`);
    expect(wide.headers.get("ETag")).not.toBe(response.headers.get("ETag"));
  });

  test("a colour picture keeps its three channels", async () => {
    const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, n) => n);
    const body = writePng({ width: 8, height: 8, channels: 3, data });
    const info = ImageInfo.parse(await (await request("/v1/images", { method: "POST", body })).json());
    expect(info).toMatchObject({ channels: 3, windows: [{ name: "full range" }, { name: "auto 1-99 %" }] });
    const raw = await request(`/v1/images/${info.imageId}/slices/native/0`);
    expect([raw.headers.get("X-Shape"), new Uint8Array(await raw.arrayBuffer())]).toEqual(["8,8,3", data]);
    const shown = await request(`/v1/images/${info.imageId}/slices/native/0?window=auto`);
    expect(readPng(new Uint8Array(await shown.arrayBuffer()), FORMAT_LIMITS).data).toEqual(data);
    const embedded = await request(`/v1/images/${info.imageId}/embeddings`, post({}));
    expect(EmbeddingInfo.parse(await embedded.json()).window).toBeNull();
  });
});

describe("embeddings", () => {
  test("are made once", async () => {
    const first = await embed();
    const second = await embed();
    expect([first.response.status, second.response.status]).toEqual([201, 200]);
    expect(second.info).toEqual({ ...first.info, cached: true });
    expect(first.response.headers.get("Location")).toBe(`/v1/embeddings/${first.info.embeddingId}`);
  });

  test("are shared by requests that come together", async () => {
    const before = await encodes();
    const window = { center: 90, width: 33 };
    const all = await Promise.all(
      Array.from({ length: 8 }, () => request(`/v1/images/${image.imageId}/embeddings`, post({ window }))),
    );
    const ids = await Promise.all(all.map(async (response) => EmbeddingInfo.parse(await response.json()).embeddingId));
    expect(new Set(ids).size).toBe(1);
    expect(await encodes()).toBe(before + 1);
  });

  test.each([
    { accept: "application/vnd.promptomy.embedding+f32", type: "float32", wire: "f32" },
    { accept: "application/vnd.promptomy.embedding+f16", type: "float16", wire: "f16" },
    { accept: "application/vnd.promptomy.embedding+i8", type: "int8", wire: "i8" },
    { accept: "*/*", type: "int8", wire: "i8" },
    {
      accept: "application/vnd.promptomy.embedding+f32;q=0.2, application/vnd.promptomy.embedding+f16",
      type: "float16",
      wire: "f16",
    },
  ])("answer $accept with $type", async ({ accept, type, wire }) => {
    const { info } = await embed();
    const response = await request(`/v1/embeddings/${info.embeddingId}`, { headers: { accept } });
    expect(response.headers.get("Content-Type")).toBe(`application/vnd.promptomy.embedding+${wire}`);
    expect(response.headers.get("Vary")).toContain("Accept");
    const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
    expect(tensors.image_embeddings).toMatchObject({ type, dims: info.shape });
  });

  test("refuse what they cannot write", async () => {
    const { info } = await embed();
    for (const accept of ["image/png", "application/vnd.promptomy.embedding+i8;q=0"]) {
      const response = await request(`/v1/embeddings/${info.embeddingId}`, { headers: { accept } });
      expect(response.status).toBe(406);
      expect(Problem.parse(await response.json()).code).toBe("NotAcceptable");
    }
  });

  test("have validators, ranges and HEAD", async () => {
    const path = `/v1/embeddings/${(await embed()).info.embeddingId}`;
    const whole = await request(path);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    const etag = whole.headers.get("ETag")!;
    expect((await request(path, { headers: { "If-None-Match": etag } })).status).toBe(304);
    expect((await request(path, { headers: { "If-None-Match": `W/${etag}` } })).status).toBe(304);
    const head = await request(path, { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Length"), head.headers.get("ETag")]).toEqual([
      200,
      String(bytes.length),
      etag,
    ]);
    expect(await head.text()).toBe("");
    for (const [range, from, to] of [
      ["bytes=0-9", 0, 10],
      ["bytes=100-", 100, bytes.length],
      ["bytes=-5", bytes.length - 5, bytes.length],
    ] as const) {
      const part = await request(path, { headers: { Range: range } });
      expect(part.status).toBe(206);
      expect(part.headers.get("Content-Range")).toBe(`bytes ${from}-${to - 1}/${bytes.length}`);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(from, to));
    }
    const outside = await request(path, { headers: { Range: `bytes=${bytes.length}-` } });
    expect([outside.status, outside.headers.get("Content-Range")]).toEqual([416, `bytes */${bytes.length}`]);
    const stale = await request(path, { headers: { Range: "bytes=0-9", "If-Range": '"other"' } });
    expect(stale.status).toBe(200);
  });

  test("are compressed when asked, under a weak validator", async () => {
    const path = `/v1/embeddings/${(await embed()).info.embeddingId}`;
    const plain = await request(path);
    const packed = await request(path, { headers: { "Accept-Encoding": "gzip, br" } });
    expect(packed.headers.get("Content-Encoding")).toBe("gzip");
    expect(packed.headers.get("ETag")).toBe(`W/${plain.headers.get("ETag")}`);
    const bytes = Buffer.from(await packed.arrayBuffer());
    expect(new Uint8Array(gunzipSync(bytes))).toEqual(new Uint8Array(await plain.arrayBuffer()));
    const refused = await request(path, { headers: { "Accept-Encoding": "gzip;q=0" } });
    expect(refused.headers.get("Content-Encoding")).toBeNull();
  });
});

describe("masks", () => {
  test("come from an embedding, or from a slice, alike", async () => {
    const { info } = await embed();
    const byId = await request("/v1/masks", post({ embeddingId: info.embeddingId, prompts: [point] }));
    const bySlice = await request("/v1/masks", post({ imageId: image.imageId, slice: 0, prompts: [point] }));
    const [a, b] = [MaskResponse.parse(await byId.json()), MaskResponse.parse(await bySlice.json())];
    expect(a.masks).toEqual(b.masks);
    expect(a.masks[0]?.rle.size).toEqual([side, side]);
    expect(byId.headers.get("Server-Timing")).toMatch(/mask;dur=/);
  });

  test("refine an earlier answer", async () => {
    const first = MaskResponse.parse(
      await (await request("/v1/masks", post({ imageId: image.imageId, prompts: [point] }))).json(),
    );
    const previous = first.lowResLogitsId;
    const refined = await request("/v1/masks", post({ embeddingId: first.embeddingId, prompts: [point], previous }));
    expect(refined.status).toBe(200);
    const unknown = await request(
      "/v1/masks",
      post({ embeddingId: first.embeddingId, prompts: [point], previous: `sha256:${"0".repeat(64)}` }),
    );
    expect(Problem.parse(await unknown.json()).code).toBe("LogitsNotFound");
  });

  test("come from a file in one call, whichever part is first", async () => {
    const make = (order: readonly string[]) => {
      const form = new FormData();
      for (const name of order)
        form.append(name, name === "image" ? new Blob([png]) : JSON.stringify({ prompts: [point] }));
      return request("/v1/segment", { method: "POST", body: form });
    };
    const answers = [await make(["image", "request"]), await make(["request", "image"])];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [a, b] = await Promise.all(answers.map(async (answer) => MaskResponse.parse(await answer.json())));
    expect(a?.masks).toEqual(b?.masks);
  });

  test.each([
    { name: "no request part", parts: { image: new Blob([png]) } },
    { name: "no image part", parts: { request: JSON.stringify({ prompts: [point] }) } },
    { name: "a part of another name", parts: { picture: new Blob([png]) } },
    { name: "a request that is no JSON", parts: { request: "{", image: new Blob([png]) } },
    { name: "an unknown key", parts: { request: '{"prompts":[],"tenant":"x"}', image: new Blob([png]) } },
  ])("are refused for $name", async ({ parts }) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(parts)) form.append(name, value);
    const response = await request("/v1/segment", { method: "POST", body: form });
    expect(response.status).toBe(400);
    Problem.parse(await response.json());
  });
});

test("a form with two requests is refused, whichever of them is right", async () => {
  const form = new FormData();
  form.append("image", new Blob([png]));
  for (const x of [point.x, point.x + 1]) form.append("request", JSON.stringify({ prompts: [{ ...point, x }] }));
  const response = await request("/v1/segment", { method: "POST", body: form });
  expect(response.status).toBe(400);
  expect(Problem.parse(await response.json()).info).toMatchObject({
    reason: "expected one part named request, got several",
  });
});

describe("real files over HTTP", needsData("tests/mr_dicom_t1w", "tests/nifti"), () => {
  test("a DICOM series, as multipart, is a volume with four planes", async () => {
    const body = await seriesForm(dataPath("tests/mr_dicom_t1w")!);
    const response = await request("/v1/images", { method: "POST", body });
    expect(response.status).toBe(201);
    const info = ImageInfo.parse(await response.json());
    expect(info).toMatchObject({ kind: "volume", modality: "MR", size: [274, 384, 16] });
    const plane = info.planes.find((one) => one.plane === "coronal")!;
    const slice = await request(`/v1/images/${info.imageId}/slices/coronal/20`);
    expect(slice.headers.get("X-Shape")).toBe(`${plane.height},${plane.width}`);
    expect(slice.headers.get("X-Spacing-Mm")).toBe(plane.spacingMm?.join(","));
    const masks = await request(
      "/v1/masks",
      post({ imageId: info.imageId, plane: "coronal", slice: 20, prompts: [{ ...point, y: 8 }] }),
    );
    expect(MaskResponse.parse(await masks.json()).masks[0]?.areaMm2).toBeGreaterThan(0);
  });

  test("a NIfTI volume is one file", async () => {
    const response = await upload(harness, dataPath("tests/nifti/example_seg_mr.nii.gz")!);
    expect(ImageInfo.parse(await response.json())).toMatchObject({ kind: "volume", size: [117, 91, 20] });
  });
});
