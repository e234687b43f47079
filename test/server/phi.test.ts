import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EmbeddingInfo, ImageInfo } from "../../core/wire/index.ts";
import { CANARY, canaryDicom } from "../support/canary.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, SETUP_MS);
afterAll(() => harness.close());

/** Status, headers and body of an answer as one text. */
async function textOf(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return `${response.status}\n${headers}\n${Buffer.from(await response.arrayBuffer()).toString("latin1")}`;
}

/** A cached file without the one part that may name people: `source`, in a record that only the owner may read. */
async function contentOf(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  if (!/\/images\/[0-9a-f]{64}\.json$/.test(path)) return bytes;
  expect((await stat(path)).mode & 0o077).toBe(0);
  const { source: _source, ...record } = JSON.parse(bytes.toString("utf8"));
  return Buffer.from(JSON.stringify(record));
}

async function filesUnder(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test("S-8: no text of a study leaves the reader, through any route, error, log, metric or file", async () => {
  const file = canaryDicom();
  expect(Buffer.from(file).toString("latin1").split(CANARY).length).toBeGreaterThan(10);
  const form = new FormData();
  form.append("file", new Blob([file]), `${CANARY}_LASTNAME.dcm`);
  const uploaded = await harness.request("/v1/images", { method: "POST", body: form });
  expect(uploaded.status).toBe(201);
  const { imageId, windows } = ImageInfo.parse(await uploaded.clone().json());
  expect(windows[0]).toMatchObject({ center: 40, width: 400 });
  const embedded = await harness.request(`/v1/images/${imageId}/embeddings`, post({}));
  const { embeddingId } = EmbeddingInfo.parse(await embedded.clone().json());
  const prompts = [{ kind: "point", x: 9, y: 9, label: "foreground" }];
  const segment = new FormData();
  segment.append("image", new Blob([file]), `${CANARY}.dcm`);
  segment.append("request", JSON.stringify({ prompts }));

  const answers = [uploaded, embedded];
  for (const [path, init] of [
    [`/v1/images/${imageId}`, {}],
    [`/v1/images/${imageId}/slices/native/0`, {}],
    [`/v1/images/${imageId}/slices/native/0?window=auto`, {}],
    [`/v1/embeddings/${embeddingId}`, {}],
    [`/v1/images/${imageId}/prefetch`, post({ around: 0 })],
    ["/v1/masks", post({ embeddingId, prompts })],
    ["/v1/segment", { method: "POST", body: segment }],
    ["/v1/studies", {}],
    // Errors: the canary where a client may put it by mistake.
    ["/v1/images", { method: "POST", body: file.subarray(0, file.length - 7) }],
    ["/v1/images", { method: "POST", body: `${CANARY} is no image` }],
    [`/v1/images/${CANARY}`, {}],
    [`/v1/images/${imageId}/slices/native/0?window=${CANARY}`, {}],
    [`/v1/images/${imageId}/slices/native/0?${CANARY}=1`, {}],
    [`/${CANARY}/study.dcm`, {}],
    [`/v1/models/${CANARY}`, {}],
    [`/v1/models/tiny-promptomy/files/${CANARY}.onnx`, {}],
    ["/v1/masks", post({ imageId, prompts, [CANARY]: 1 })],
    ["/v1/masks", post({ imageId, prompts, plane: CANARY })],
    ["/v1/masks", post(`{"imageId":"${CANARY}"`)],
    ["/v1/masks", post({ imageId, prompts, model: CANARY })],
    [`/v1/images/${imageId}/embeddings`, post({ model: CANARY.toLowerCase() })],
  ] as const) {
    answers.push(await harness.request(path, init));
  }
  for (const answer of answers) expect(await textOf(answer)).not.toContain(CANARY);

  expect(await textOf(await harness.request("/metrics"))).not.toContain(CANARY);
  expect(harness.log.length).toBeGreaterThan(20);
  const log = harness.log.join("");
  expect(log).not.toContain(CANARY);
  expect(log).not.toContain(imageId.slice(7));
  const cached = await filesUnder(join(harness.dir, "cache"));
  expect(cached.length).toBeGreaterThan(2);
  for (const path of cached) {
    expect(path).not.toContain(CANARY);
    expect((await contentOf(path)).includes(CANARY)).toBe(false);
  }
});
