import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddingInfo } from "../../../core/wire/index.ts";
import { Job } from "../../../core/wire/index.ts";
import { needsRedis, startRedis, type TestRedis } from "../../support/redis.ts";
import { post, SETUP_MS } from "../harness.ts";
import { modelFolder, slowEncoder } from "../inference-support.ts";
import { imageOf, type Spawned, spawnServer } from "../spawned.ts";

const click = { kind: "point", x: 30, y: 30, label: "foreground" };

describe("a server, two workers and Redis, four real processes", needsRedis(), () => {
  let dir: string;
  let redis: TestRedis;
  let server: Spawned;
  let imageId: string;
  const ends: (() => void)[] = [];
  const spawn = (name: string, command: "serve" | "work") => {
    const options = ["--queue", redis.url, "--image-dir", join(dir, "images")];
    const later = (end: () => void) => ends.push(end);
    return spawnServer({ cache: join(dir, name), models: join(dir, "models"), options, command, later });
  };
  const workers: Spawned[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "queue-"));
    await modelFolder(join(dir, "models"), { encoder: slowEncoder(30) });
    redis = await startRedis();
    server = await spawn("server", "serve");
    imageId = await imageOf(server.url);
    workers.push(await spawn("one", "work"), await spawn("two", "work"));
  }, SETUP_MS);
  afterAll(async () => {
    for (const end of ends) end();
    await Promise.all([server, ...workers].map((spawned) => spawned?.exit));
    await redis?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const encode = async (slice: number) => {
    const answer = await fetch(`${server.url}/v1/images/${imageId}/embeddings`, post({ plane: "axial", slice }));
    return { status: answer.status, info: (await answer.json()) as EmbeddingInfo };
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, "m").exec(text)?.[1] ?? 0);
  };
  const queued = (state: string) => redis.client.keys(`promptomy:queue:${state}`);

  test("ten clients on one cold slice are one job, done by a worker; the server encodes nothing", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => encode(40)));
    expect(answers.map(({ status }) => status < 300)).not.toContain(false);
    expect(await metric("promptomy_encodes_total")).toBe(0);
    expect(await metric("promptomy_queue_wait_seconds_count")).toBe(1);
    const bytes = await fetch(`${server.url}/v1/embeddings/${answers[0]!.info.embeddingId}`);
    expect(bytes.status).toBe(200);
  });

  test("a volume job is walked by a worker and seen at the server", async () => {
    const request = { plane: "axial", prompts: [{ slice: 20, prompts: [click] }] };
    const sent = await fetch(`${server.url}/v1/images/${imageId}/segmentations`, post(request));
    const { jobId } = Job.parse(await sent.json());
    expect(await (await fetch(`${server.url}/v1/jobs/${jobId}/events`)).text()).toContain("event: end");
    const job = Job.parse(await (await fetch(`${server.url}/v1/jobs/${jobId}`)).json());
    expect([job.state, job.segments[0]!.masks.length]).toEqual(["done", 1]);
    expect(await metric("promptomy_encodes_total")).toBe(0);
  });

  test("a worker that is killed in mid-job gives it to another, and the slice is in the cache once", async () => {
    const answer = encode(50);
    const held = async () => (await queued("encode:*:lock")).length;
    await expect.poll(held, { timeout: 20_000, interval: 10 }).toBe(1);
    // whichever has it: the other one, started anew, is the one that finds the job stalled
    for (const worker of workers.splice(0)) {
      worker.child.kill("SIGKILL");
      await worker.exit;
    }
    workers.push(await spawn("three", "work"));
    expect((await answer).status).toBeLessThan(300);
    expect(await redis.client.keys(`*embedding:${(await answer).info.embeddingId}`)).toHaveLength(1);
    expect(await metric("promptomy_encodes_total")).toBe(0);
  });

  test("F-13: with Redis away the server encodes by itself; back again, the workers do", async () => {
    await redis.kill();
    expect((await encode(60)).status).toBeLessThan(300);
    expect(await metric("promptomy_encodes_total")).toBe(1);
    await redis.start();
    const degraded = async () => (await (await fetch(`${server.url}/readyz`)).json()) as object;
    await expect.poll(degraded, { timeout: 20_000 }).toMatchObject({ degraded: [] });
    await new Promise((resolve) => setTimeout(resolve, 3000)); // the workers connect too
    expect((await encode(61)).status).toBeLessThan(300);
    expect(await metric("promptomy_encodes_total")).toBe(1);
  });
});
