import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddingInfo, ImageInfo, Job, MaskResponse } from "../../../core/wire/index.ts";
import { writePng } from "../../../formats/index.ts";
import { needsRedis, startRedis, type TestRedis } from "../../support/redis.ts";
import { post, SETUP_MS } from "../harness.ts";
import { modelFolder, slowEncoder } from "../inference-support.ts";
import { imageOf, type Spawned, spawnServer } from "../spawned.ts";

const click = { kind: "point", x: 30, y: 30, label: "foreground" };

describe("two replicas and one Redis, three real processes", needsRedis(), () => {
  let dir: string;
  let redis: TestRedis;
  let replicas: readonly [Spawned, Spawned];
  let imageId: string;
  const ends: (() => void)[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "replicas-"));
    await modelFolder(join(dir, "models"), { encoder: slowEncoder(8) });
    redis = await startRedis();
    const options = ["--redis", redis.url, "--image-dir", join(dir, "images")];
    const spawn = (name: string) =>
      spawnServer({ cache: join(dir, name), models: join(dir, "models"), options, later: (end) => ends.push(end) });
    replicas = [await spawn("a"), await spawn("b")];
    imageId = await imageOf(replicas[0].url);
  }, SETUP_MS);
  afterAll(async () => {
    for (const end of ends) end();
    for (const { exit } of replicas ?? []) await exit;
    await redis?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const at = (which: 0 | 1, path: string, init?: RequestInit) => fetch(`${replicas[which].url}${path}`, init);
  const encode = async (which: 0 | 1, slice: number) => {
    const answer = await at(which, `/v1/images/${imageId}/embeddings`, post({ plane: "axial", slice }));
    return { status: answer.status, info: (await answer.json()) as EmbeddingInfo };
  };
  const encodes = async (): Promise<number> => {
    const texts = await Promise.all(replicas.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
    return texts.reduce((sum, text) => sum + Number(/promptomy_encodes_total\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0), 0);
  };
  const degraded = async (which: 0 | 1) => (await (await at(which, "/readyz")).json()) as { degraded: string[] };

  test("fifty clients on one cold slice, half of them at each, cost one encode", async () => {
    const before = await encodes();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => encode(n % 2 === 0 ? 0 : 1, 40)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 201)).toEqual([]);
    expect(new Set(answers.map(({ info }) => info.embeddingId)).size).toBe(1);
    expect((await encodes()) - before).toBe(1);
  });

  test("both give the very bytes of an embedding that one of them made", async () => {
    const { info } = await encode(0, 41);
    const [a, b] = await Promise.all(
      ([0, 1] as const).map(async (which) => {
        const answer = await at(which, `/v1/embeddings/${info.embeddingId}`, {
          headers: { Accept: "application/vnd.promptomy.embedding+f32" },
        });
        expect(answer.status).toBe(200);
        return Buffer.from(await answer.arrayBuffer());
      }),
    );
    expect(Buffer.compare(a!, b!)).toBe(0);
  });

  test("an image that one was sent is known to the other", async () => {
    const data = Uint8Array.from({ length: 4096 }, (_, n) => (n * 7) % 256);
    const sent = await at(0, "/v1/images", { method: "POST", body: writePng({ width: 64, height: 64, data }) });
    const { imageId: id } = ImageInfo.parse(await sent.json());
    expect((await at(1, `/v1/images/${id}`)).status).toBe(200);
    const answer = await at(1, "/v1/masks", post({ imageId: id, prompts: [click] }));
    expect(answer.status).toBe(200);
  });

  test("what one answered can be refined at the other", async () => {
    const ask = { imageId, plane: "axial", slice: 42 };
    const first = MaskResponse.parse(await (await at(0, "/v1/masks", post({ ...ask, prompts: [click] }))).json());
    const again = { ...ask, prompts: [click], previous: first.lowResLogitsId };
    const refined = await at(1, "/v1/masks", post(again));
    expect(refined.status).toBe(200);
    const here = MaskResponse.parse(await (await at(0, "/v1/masks", post(again))).json());
    expect(MaskResponse.parse(await refined.json()).masks).toEqual(here.masks);
  });

  test("a volume job that one runs is seen, found again and stopped through the other", async () => {
    const prompts = { plane: "axial", prompts: [{ slice: 20, prompts: [click] }], propagate: { from: 19, to: 22 } };
    const sent = await at(0, `/v1/images/${imageId}/segmentations`, post(prompts));
    const { jobId } = Job.parse(await sent.json());
    const events = await (await at(1, `/v1/jobs/${jobId}/events`)).text();
    expect(events).toContain("event: end");
    const seen = Job.parse(await (await at(1, `/v1/jobs/${jobId}`)).json());
    expect([seen.state, seen.progress.done]).toEqual(["done", 4]);
    expect(seen).toEqual(Job.parse(await (await at(0, `/v1/jobs/${jobId}`)).json()));
    const same = Job.parse(await (await at(1, `/v1/images/${imageId}/segmentations`, post(prompts))).json());
    expect(same).toEqual(seen);
    const long = { ...prompts, propagate: { from: 0, to: 60 } };
    const running = Job.parse(await (await at(0, `/v1/images/${imageId}/segmentations`, post(long))).json());
    expect((await at(1, `/v1/jobs/${running.jobId}`, { method: "DELETE" })).status).toBe(200);
    const state = async () => Job.parse(await (await at(0, `/v1/jobs/${running.jobId}`)).json()).state;
    await expect.poll(state, { timeout: 30_000 }).toBe("cancelled");
  });

  test("F-13: without Redis each answers for itself and says so; with Redis again they share again", async () => {
    const { info } = await encode(0, 43);
    await redis.kill();
    const alone = await Promise.all([encode(0, 44), encode(1, 44), encode(0, 43)]);
    expect(alone.map(({ status }) => status < 300)).toEqual([true, true, true]);
    expect((await degraded(0)).degraded).toContain("NoSharedCache");
    expect((await at(0, "/readyz")).status).toBe(200);
    await redis.start();
    for (const which of [0, 1] as const)
      await expect.poll(() => degraded(which), { timeout: 20_000 }).toMatchObject({ degraded: [] });
    const before = await encodes();
    const again = await encode(1, 43);
    expect([again.info.embeddingId, again.info.cached, (await encodes()) - before]).toEqual([
      info.embeddingId,
      true,
      0,
    ]);
  });

  test("a replica that dies in mid-encode gives way to the other", async () => {
    const lost = encode(0, 50).catch(() => undefined);
    await expect.poll(async () => (await redis.client.keys("*claim:*")).length).toBe(1);
    const other = encode(1, 50);
    replicas[0].child.kill("SIGKILL");
    await replicas[0].exit;
    expect((await other).status).toBeLessThan(300);
    expect(await lost).toBeUndefined();
  });
});
