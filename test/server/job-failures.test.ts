/** What becomes of a volume job when the processes that do it are killed, and when it is stopped. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Job } from "../../core/wire/index.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";
import { modelFolder, slowEncoder } from "./inference-support.ts";
import { type Ask, ballVolume, eventsOf, type JobEvent, jobEvents, shownJob } from "./job-support.ts";
import { imageOf, spawnServer } from "./spawned.ts";

/** Twelve slices are encoded and decoded, whatever is found on them. */
const NAMED = { text: "liver", propagate: { from: 0, to: 11 } };

const start = async (ask: Ask, imageId: string, request: object = NAMED) =>
  Job.parse(await (await ask(`/v1/images/${imageId}/segmentations`, post(request))).json());

describe("a child that is killed in the middle of a job", () => {
  let harness: Harness;
  let imageId: string;
  beforeAll(async () => {
    harness = await createHarness();
    const answer = await harness.request("/v1/images", { method: "POST", body: ballVolume() });
    imageId = ((await answer.json()) as { imageId: string }).imageId;
  }, SETUP_MS);
  afterAll(() => harness.close());

  test.each(["encode", "decode"] as const)(
    "costs the job nothing: the one that %ss is started anew",
    async (lane) => {
      const { pool } = harness.services;
      const request = { ...NAMED, context: { bodyPart: lane } };
      const { jobId } = await start(
        harness.request,
        imageId,
        lane === "encode" ? { ...request, window: WINDOW } : request,
      );
      let killed = 0;
      for await (const { data } of jobEvents(harness.request, jobId)) {
        if (killed > 0 || data.progress.done === 0) continue;
        expect(data.state).toBe("running");
        const { pids } = pool.stats()[lane];
        for (const pid of pids) process.kill(pid, "SIGKILL");
        killed = pids.length;
      }
      expect(killed).toBeGreaterThan(0);
      expect(await shownJob(harness.request, jobId)).toMatchObject({
        state: "done",
        progress: { done: 12, total: 12 },
      });
      expect(pool.stats()[lane].deaths).toBe(killed);
    },
    120_000,
  );
});

/** Another window is another embedding: nothing of it is known yet. */
const WINDOW = { center: 400, width: 900 };

describe("a server of its own", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "jobs-"));
    await modelFolder(join(dir, "models"), { encoder: slowEncoder(6) });
    await writeFile(join(dir, "ball.nii"), ballVolume());
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const open = async (cache: string) => {
    const server = await spawnServer({ cache, models: join(dir, "models"), study: join(dir, "ball.nii") });
    const ask: Ask = (path, init) => fetch(`${server.url}${path}`, init);
    return { ...server, ask, imageId: await imageOf(server.url) };
  };

  test("that is killed says so of the job, and does it again from what it has kept", async () => {
    const cache = join(dir, "killed");
    const first = await open(cache);
    const { jobId } = await start(first.ask, first.imageId);
    await expect(killAt(first, jobId, 4)).rejects.toThrow();
    await first.exit;
    const second = await open(cache);
    const lost = await second.ask(`/v1/jobs/${jobId}`);
    expect([lost.status, ((await lost.json()) as { code: string }).code]).toEqual([404, "JobNotFound"]);
    expect((await start(second.ask, second.imageId)).jobId).toBe(jobId);
    expect((await eventsOf(second.ask, jobId)).at(-1)?.data).toMatchObject({ state: "done", progress: { done: 12 } });
    const encoded = /promptomy_encode_seconds_count\D+(\d+)/.exec(await (await second.ask("/metrics")).text());
    expect(Number(encoded?.[1])).toBeLessThanOrEqual(12 - 3);
  }, 180_000);

  test("ends the work of a job that is stopped: no mask comes after the answer", async () => {
    const server = await open(join(dir, "stopped"));
    const { jobId } = await start(server.ask, server.imageId);
    const events: JobEvent[] = [];
    let answered = Number.POSITIVE_INFINITY;
    for await (const event of jobEvents(server.ask, jobId)) {
      events.push(event);
      if (event.data.progress.done === 0 || answered < events.length) continue;
      const stopped = Job.parse(await (await server.ask(`/v1/jobs/${jobId}`, { method: "DELETE" })).json());
      expect(stopped.state).toBe("cancelled");
      answered = events.length;
    }
    const after = events.slice(answered);
    expect(after.map(({ event, data }) => [event, data.state])).toEqual([
      ["progress", "cancelled"],
      ["end", "cancelled"],
    ]);
    expect(after[0]!.data.masks).toEqual([]);
    const job = await shownJob(server.ask, jobId);
    expect(job.progress.done).toBeLessThan(12);
    await server.ask(`/v1/images/${server.imageId}/embeddings`, post({ slice: 11 }));
    expect(await shownJob(server.ask, jobId)).toEqual(job);
  }, 120_000);
});

/** Reads the events of a job until so many slices are done, then kills its server; rejects as the stream breaks off. */
async function killAt(
  { child, ask }: { child: { kill(signal: "SIGKILL"): boolean }; ask: Ask },
  jobId: string,
  done: number,
) {
  for await (const { data } of jobEvents(ask, jobId)) if (data.progress.done >= done) child.kill("SIGKILL");
}
