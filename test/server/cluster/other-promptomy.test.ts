import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddingInfo, Manifest } from "../../../core/wire/index.ts";
import { sha256 } from "../../../server/disk/sha256.ts";
import { JSON_LENGTH, writeTensors } from "../../../server/inference/oip-message.ts";
import { freePort } from "../../support/redis.ts";
import { post, SETUP_MS } from "../harness.ts";
import { modelFolder, nanEncoder } from "../inference-support.ts";
import { imageOf, type Spawned, spawnServer } from "../spawned.ts";

const SIZE = 512;
const KEY = "a-key-that-is-long-enough-for-anybody";

describe("a server whose encoder is another server, two real processes", () => {
  let dir: string;
  let engine: Spawned;
  let server: Spawned;
  let imageId: string;
  let port: number;
  const ends: (() => void)[] = [];
  const later = (end: () => void) => ends.push(end);
  const startEngine = () =>
    spawnServer({ cache: join(dir, "b"), models: join(dir, "models"), options: ["--port", String(port)], later });
  const start = (options: readonly string[], before = "", models = "models") =>
    spawnServer({ cache: join(dir, "a"), models: join(dir, models), options, before, later });
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "engine-"));
    await modelFolder(join(dir, "models"));
    await modelFolder(join(dir, "others"), { encoder: nanEncoder() });
    port = await freePort();
    engine = await startEngine();
    server = await start(["--encoder", engine.url]);
    imageId = await imageOf(server.url);
  }, SETUP_MS);
  afterAll(async () => {
    for (const end of ends) end();
    await Promise.all([server?.exit, engine?.exit]);
    await rm(dir, { recursive: true, force: true });
  });

  const encode = async (url: string, slice: number) => {
    const answer = await fetch(`${url}/v1/images/${imageId}/embeddings`, post({ plane: "axial", slice }));
    return { answer, info: (await answer.json()) as EmbeddingInfo };
  };
  const tensors = async (url: string, slice: number) => {
    const { info } = await encode(url, slice);
    const headers = { Accept: "application/vnd.promptomy.embedding+f32" };
    return Buffer.from(await (await fetch(`${url}/v1/embeddings/${info.embeddingId}`, { headers })).arrayBuffer());
  };
  const encodes = async () => {
    const text = await (await fetch(`${engine.url}/metrics`)).text();
    return Number(/promptomy_encodes_total\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  const degraded = async () =>
    ((await (await fetch(`${server.url}/readyz`)).json()) as { degraded: string[] }).degraded;
  const encoderPath = async () => {
    const [model] = (await (await fetch(`${engine.url}/v1/models`)).json()) as Manifest[];
    return `/v2/models/${model!.id}/versions/${model!.graphs.encoder.digest!.slice("sha256:".length)}`;
  };

  test("gives the very bytes that the other makes of the same slice, and has them made there", async () => {
    const before = await encodes();
    const ours = await tensors(server.url, 40);
    expect((await encodes()) - before).toBe(1);
    expect(Buffer.compare(ours, await tensors(engine.url, 40))).toBe(0);
  });

  test("refuses to start where the other has another encoder under the name", async () => {
    const start = spawnServer({
      ...{ cache: join(dir, "c"), models: join(dir, "others"), later },
      options: ["--encoder", engine.url],
    });
    await expect(start).rejects.toThrow(/has no model tiny with the encoder sha256:/);
  });

  test("two servers cannot name each other: one that has its encoder elsewhere is no engine", async () => {
    const { body, headers } = writeTensors("inputs", { image: image() }, {});
    const answer = await fetch(`${server.url}${await encoderPath()}/infer`, { method: "POST", body, headers });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("elsewhere")]);
  });

  test.each([
    ["no tensors", 400, { body: "{}", headers: {} }],
    ["a length of JSON that the body has not", 400, { body: "{}", headers: { [JSON_LENGTH]: "5000" } }],
    ["a tensor of another size", 400, message({ ...image(), dims: [1, 3, 2, 2], data: new Float32Array(12) })],
    ["a shape that its bytes are not", 400, message({ ...image(), dims: [1, 3, 4, 4] })],
    ["too many bytes", 413, { body: new Uint8Array(4 * 3 * SIZE * SIZE + 100_000), headers: {} }],
  ])("a request with %s is refused", async (_what, status, init) => {
    const answer = await fetch(`${engine.url}${await encoderPath()}/infer`, { method: "POST", ...init });
    expect(answer.status).toBe(status);
  });

  test("another version of a model is not there", async () => {
    const path = (await encoderPath()).replace(/[^/]+$/, "0".repeat(64));
    expect((await fetch(engine.url + path)).status).toBe(404);
  });

  test("away, the other is a declared error and told of in /readyz; back, it is asked again", async () => {
    engine.child.kill("SIGKILL");
    await engine.exit;
    const { answer } = await encode(server.url, 41);
    expect([answer.status, Number(answer.headers.get("Retry-After")) > 0]).toEqual([503, true]);
    expect(await degraded()).toEqual(["NoEncoder"]);
    engine = await startEngine();
    await expect.poll(async () => (await encode(server.url, 41)).answer.status, { timeout: 20_000 }).toBeLessThan(300);
    expect(await degraded()).toEqual([]);
  });

  test("a key opens an engine that asks for one, and its absence is told at the start", async () => {
    const keys = join(dir, "keys.json");
    await writeFile(keys, JSON.stringify([{ digest: sha256(KEY), tenant: "lab" }]));
    const guarded = await start(["--keys", keys]);
    await expect(start(["--encoder", guarded.url])).rejects.toThrow(/PROMPTOMY_ENCODER_KEY/);
    const signed = await start(["--encoder", guarded.url], `export PROMPTOMY_ENCODER_KEY='${KEY}';`);
    expect((await encode(signed.url, 42)).answer.status).toBe(201);
  });
});

function image() {
  return { type: "float32", data: new Float32Array(3 * SIZE * SIZE), dims: [1, 3, SIZE, SIZE] } as const;
}

function message(tensor: { type: "float32"; data: Float32Array; dims: readonly number[] }) {
  const { body, headers } = writeTensors("inputs", { image: tensor }, {});
  return { body, headers };
}
