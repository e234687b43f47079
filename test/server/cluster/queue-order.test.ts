import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Queue, QueueEvents } from "bullmq";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { EmbeddingInfo } from "../../../core/wire/index.ts";
import { Job } from "../../../core/wire/index.ts";
import { needsRedis, startRedis, type TestRedis } from "../../support/redis.ts";
import { post, SETUP_MS } from "../harness.ts";
import { modelFolder, slowEncoder } from "../inference-support.ts";
import { imageOf, type Spawned, spawnServer } from "../spawned.ts";

/** Clicks that may wait; prefetch may fill half of it. */
const LIMIT = 4;

describe("one worker of one encoder behind a queue, three real processes", needsRedis(), () => {
  let dir: string;
  let redis: TestRedis;
  let server: Spawned;
  let events: QueueEvents;
  let queue: Queue;
  let imageId: string;
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const spawn = (name: string, command: "serve" | "work") =>
    spawnServer({
      ...{ cache: join(dir, name), models: join(dir, "models"), command, later: (end) => ends.push(end) },
      options: ["--queue", redis.url, "--image-dir", join(dir, "images")],
      before: `export PROMPTOMY_ENCODE_QUEUE_JOBS=${LIMIT}; taskset -cp 0 $$ >/dev/null;`, // one core, so one encoder
    });
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "order-"));
    await modelFolder(join(dir, "models"), { encoder: slowEncoder(20) });
    redis = await startRedis();
    const options = { connection: { url: redis.url, maxRetriesPerRequest: null }, prefix: "promptomy:queue" };
    queue = new Queue("encode", options);
    events = new QueueEvents("encode", options);
    queue.on("error", () => {});
    events.on("error", () => {});
    events.on("active", ({ jobId }) => started.push(jobId));
    await events.waitUntilReady();
    server = await spawn("server", "serve");
    imageId = await imageOf(server.url);
    await spawn("worker", "work");
    await vi.waitUntil(async () => (await queue.getWorkersCount()) === 1, { timeout: 30_000 });
  }, SETUP_MS);
  afterAll(async () => {
    await Promise.all([events?.close(), queue?.close()]);
    for (const end of ends) end();
    await server?.exit;
    await redis?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const ask = (path: string, body: object) => fetch(`${server.url}/v1/images/${imageId}/${path}`, post(body));
  const encode = (slice: number) => ask("embeddings", { plane: "axial", slice });
  const click = async (slice: number): Promise<string> => {
    const answer = await encode(slice);
    expect(answer.status).toBe(201);
    const { embeddingId } = (await answer.json()) as EmbeddingInfo;
    return embeddingId.slice("sha256:".length);
  };
  /** The ids that a prefetch of the one slice after this one brings. */
  const prefetch = async (around: number): Promise<string> => {
    const answer = await ask("prefetch", { plane: "axial", around, direction: 1, count: 1 });
    return /sha256:([0-9a-f]{64})/.exec(await answer.text())![1]!;
  };
  const waiting = () => redis.client.zcard("promptomy:queue:encode:prioritized");

  test("a click that came last is taken before the prefetches that wait", async () => {
    await queue.pause();
    const later = Promise.all([prefetch(10), prefetch(20)]);
    await expect.poll(waiting, { timeout: 20_000 }).toBe(2);
    const last = click(60);
    await expect.poll(waiting, { timeout: 20_000 }).toBe(3);
    await queue.resume();
    const id = await last;
    const ids = [id, ...(await later)];
    await expect.poll(() => started.length, { timeout: 30_000 }).toBe(3);
    expect(started[0]).toBe(id);
    expect(new Set(started)).toEqual(new Set(ids));
  });

  test("clicks are answered while a volume is walked", async () => {
    // prompted slices are asked whatever the model answers, so that the job has enough to do
    const point = { kind: "point", x: 30, y: 30, label: "foreground" };
    const prompts = Array.from({ length: 29 }, (_, n) => ({ slice: 2 * n, prompts: [point] }));
    const sent = await ask("segmentations", { plane: "axial", prompts, propagate: { from: 0, to: 57 } });
    const { jobId } = Job.parse(await sent.json());
    const job = async () => Job.parse(await (await fetch(`${server.url}/v1/jobs/${jobId}`)).json());
    await expect.poll(async () => (await job()).state, { timeout: 20_000 }).toBe("running");
    await click(61);
    expect((await job()).state).toBe("running");
    await fetch(`${server.url}/v1/jobs/${jobId}`, { method: "DELETE" });
    await expect.poll(async () => (await job()).state, { timeout: 30_000 }).toBe("cancelled");
  });

  test("what no longer fits is told when to come back, and finds room then", async () => {
    const answers = await Promise.all(Array.from({ length: 4 * LIMIT }, (_, n) => encode(70 + n)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(LIMIT);
    const waits = refused.map(({ headers }) => Number(headers.get("Retry-After")));
    expect(waits.filter((seconds) => !Number.isInteger(seconds) || seconds < 1)).toEqual([]);
    for (const answer of refused) expect(await answer.json()).toMatchObject({ code: "Saturated" });
    await sleep(Math.max(...waits) * 1000);
    expect((await encode(95)).status).toBe(201);
  });

  test("Redis restarted under a job that runs and one that waits: both are answered", async () => {
    const before = started.length;
    const answers = [encode(62), encode(63)];
    await expect.poll(() => started.length, { timeout: 20_000, interval: 10 }).toBeGreaterThan(before);
    await redis.kill();
    await redis.start();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 201]);
  });
});
