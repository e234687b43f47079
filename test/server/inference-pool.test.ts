import { listSupportedBackends } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { encodeEmbedding } from "../../core/embedding/file.ts";
import { transformOf } from "../../core/model/preprocess.ts";
import { float32 } from "../../core/tensor/session.ts";
import type { EncodeJob } from "../../server/inference/pool.ts";
import { type Bench, openPool, sliceOf, slowEncoder, until, WINDOW } from "./inference-support.ts";

const job = (seed = 0): EncodeJob => ({ modelId: "tiny", slice: sliceOf(seed), window: WINDOW });
/** Longer than any test. */
const endless = slowEncoder(500);

/** The encoder child is at work on its first job. */
const running = ({ pool }: Bench) => until(() => pool.stats().encode.busy === 1);

const ready = ({ pool }: Bench) => until(() => pool.stats().encode.idle === 1);

const killEncoder = ({ pool }: Bench) => process.kill(pool.stats().encode.pids[0]!, "SIGKILL");

/** Until the answer is there, which is an error. */
async function killEncodersOf(bench: Bench, answer: Promise<unknown>): Promise<void> {
  let over = false;
  answer.then(() => {
    over = true;
  });
  while (!over) {
    const { deaths } = bench.pool.stats().encode;
    await until(() => over || bench.pool.stats().encode.busy === 1);
    if (!over) killEncoder(bench);
    await until(() => over || bench.pool.stats().encode.deaths > deaths);
  }
}

const KEY = `sha256:${"0".repeat(64)}` as const;

/** An embedding without an encoder. */
const MADE_UP = {
  image_embeddings: float32(
    Float32Array.from({ length: 128 * 32 * 32 }, (_, i) => (i % 7) / 7),
    [1, 128, 32, 32],
  ),
};

/** Children are started and killed; on busy cores a start takes seconds. */
const timeout = 90_000;

describe("the inference pool", { timeout }, () => {
  test("encodes the same slice to the same bits, decodes a click on it, and keeps the code of an error", async () => {
    const { pool } = await openPool(undefined, { decoders: 1 });
    const [first, second] = await Promise.all([pool.encode(job()), pool.encode(job())]);
    expect(first.tensors).toEqual(second.tensors);
    const embedding = encodeEmbedding(first.tensors, "f32", {});
    let loads = 0;
    const load = async () => {
      loads++;
      return { embedding, slice: sliceOf() };
    };
    const click = { kind: "point", x: 30, y: 30, label: "foreground" } as const;
    const common = {
      modelId: "tiny",
      embeddingId: KEY,
      width: 64,
      height: 64,
      window: WINDOW,
      transform: first.transform,
    };
    const decode = () => pool.decode({ ...common, prompts: [click], multimask: true, load });
    const { masks } = await decode();
    expect(masks.length).toBe(3);
    expect(masks[0]?.rle.size).toEqual([64, 64]);
    expect(masks.some(({ area }) => area > 0)).toBe(true);
    expect(masks.map(({ lowResLogits }) => lowResLogits.length)).toEqual([256 * 256, 256 * 256, 256 * 256]);
    expect((await decode()).masks).toEqual(masks);
    expect(loads).toBe(1);
    const outside = [{ ...click, x: 900 }];
    await expect(pool.decode({ ...common, prompts: outside, multimask: false, load })).rejects.toMatchObject({
      code: "InvalidPrompt",
      detail: { index: 0 },
    });
  });

  test("refuses what does not fit the queue, with the time to come back (L-2)", async () => {
    const bench = await openPool(endless, { limits: { encodeQueueJobs: 2 } });
    for (const seed of [1, 2, 3]) bench.pool.encode(job(seed)).catch(() => {});
    await running(bench);
    expect(bench.pool.stats().encode.queued).toBe(2);
    for (let seed = 10; seed < 20; seed++) {
      const error = await bench.pool.encode(job(seed)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "Saturated" });
      expect((error as { detail: { retryAfterS: number } }).detail.retryAfterS).toBeGreaterThanOrEqual(1);
    }
  });

  test("answers a decode, and its own timers, while an encode runs (E1, L-8, L-9)", async () => {
    const bench = await openPool(endless, { decoders: 1 });
    bench.pool.encode(job()).catch(() => {});
    await running(bench);
    const { masks } = await bench.pool.decode({
      modelId: "tiny",
      embeddingId: KEY,
      ...{ width: 64, height: 64, window: WINDOW, multimask: false },
      prompts: [{ kind: "point", x: 30, y: 30, label: "foreground" }],
      transform: transformOf(sliceOf(), bench.models.get().manifest.input),
      load: async () => ({ embedding: encodeEmbedding(MADE_UP, "i8", {}), slice: sliceOf() }),
    });
    expect(masks).toHaveLength(1);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await until(() => ticks >= 10);
    clearInterval(timer);
    expect(bench.pool.stats().encode).toMatchObject({ busy: 1, finished: 0 });
  });

  test("runs a job again when its child is killed in mid-run, and only then tells of it (F-6)", async () => {
    const bench = await openPool(slowEncoder(20));
    const encoded = bench.pool.encode(job());
    await running(bench);
    killEncoder(bench);
    expect((await encoded).tensors.image_embeddings?.dims).toEqual([1, 128, 32, 32]);
    expect(bench.pool.stats().encode.deaths).toBe(1);
    expect(bench.events.map(({ kind }) => kind)).toEqual(["death", "encode"]);
  });

  test("gives up after the second child, and after three deaths refuses that slice but no other (F-6)", async () => {
    const bench = await openPool(endless);
    const die = async (seed: number) => {
      const encoded = bench.pool.encode(job(seed)).catch((thrown: unknown) => thrown);
      const { deaths } = bench.pool.stats().encode;
      await running(bench);
      killEncoder(bench);
      await until(() => bench.pool.stats().encode.deaths > deaths);
      return encoded;
    };
    const first = die(7);
    await until(() => bench.pool.stats().encode.deaths === 1);
    await killEncodersOf(bench, first); // one that has not been given the task yet does not count
    expect(await first).toMatchObject({ code: "EncoderCrashed", detail: { attempts: 2 } });
    expect(await die(7)).toMatchObject({ code: "EncoderCrashed" });
    await expect(bench.pool.encode(job(7))).rejects.toMatchObject({
      code: "EncoderCrashed",
      detail: { attempts: 3, retryAfterS: expect.toSatisfy((s: number) => s > 1 && s <= 60) },
    });
    bench.pool.encode(job(8)).catch(() => {});
    await running(bench);
  });

  test("ends a run at its deadline and runs the next job on a new child (L-7, E2c)", async () => {
    const bench = await openPool(endless);
    await ready(bench);
    const [pid] = bench.pool.stats().encode.pids;
    await expect(bench.pool.encode(job(), { deadlineMs: 200 })).rejects.toMatchObject({
      code: "DeadlineExceeded",
      detail: { deadlineMs: 200 },
    });
    expect(bench.pool.stats().encode).toMatchObject({ busy: 0, kills: 1, deaths: 0 });
    bench.pool.encode(job(1)).catch(() => {});
    await running(bench);
    expect(bench.pool.stats().encode.pids[0]).not.toBe(pid);
  });

  test("an abort ends a run at once, and takes a waiting job out of the queue unrun (L-5, L-6)", async () => {
    const bench = await openPool(endless);
    const [first, second] = [new AbortController(), new AbortController()];
    const runs = bench.pool.encode(job(1), { signal: first.signal });
    const waits = bench.pool.encode(job(2), { signal: second.signal });
    await running(bench);
    second.abort();
    await expect(waits).rejects.toMatchObject({ code: "Cancelled" });
    expect(bench.pool.stats().encode).toMatchObject({ queued: 0, busy: 1, kills: 0 });
    first.abort();
    await expect(runs).rejects.toMatchObject({ code: "Cancelled" });
    expect(bench.pool.stats().encode).toMatchObject({ queued: 0, busy: 0, kills: 1 });
    await expect(bench.pool.encode(job(3), { signal: first.signal })).rejects.toMatchObject({ code: "Cancelled" });
  });

  test("kills a run that takes longer than the server allows", async () => {
    const bench = await openPool(endless, { limits: { encodeCpuMs: 100 } });
    await expect(bench.pool.encode(job())).rejects.toMatchObject({
      code: "DeadlineExceeded",
      detail: { deadlineMs: 100 },
    });
  });

  test("replaces an idle child that no longer answers, and leaves one alone that is told to stop", async () => {
    const bench = await openPool();
    await ready(bench);
    const pid = bench.pool.stats().encode.pids[0]!;
    process.kill(pid, "SIGTERM");
    await bench.pool.encode(job());
    expect(bench.pool.stats().encode).toMatchObject({ pids: [pid], deaths: 0 });
    process.kill(pid, "SIGSTOP");
    await until(() => bench.pool.stats().encode.deaths === 1);
    await bench.pool.encode(job());
    expect(bench.pool.stats().encode.pids[0]).not.toBe(pid);
  });

  test("closes after finishing what it accepted, and takes nothing new (L-10)", async () => {
    const { pool } = await openPool(slowEncoder(5));
    const accepted = [pool.encode(job(1)), pool.encode(job(2))];
    const closed = pool.close({ graceMs: 25_000 });
    await expect(pool.encode(job(3))).rejects.toMatchObject({ code: "ShuttingDown" });
    expect(await Promise.all(accepted)).toHaveLength(2);
    await closed;
    expect(pool.stats().encode.pids).toEqual([]);
  });

  test("refuses what is left when the grace is over", async () => {
    const bench = await openPool(endless);
    const encoded = bench.pool.encode(job());
    encoded.catch(() => {});
    await running(bench);
    await bench.pool.close({ graceMs: 50 });
    await expect(encoded).rejects.toMatchObject({ code: "ShuttingDown" });
  });

  test("says which device it took and why; one that was asked for and does not work is an error", async () => {
    const { pool } = await openPool(undefined, { device: "auto", encoders: 0 });
    expect(["cpu", "cuda", "webgpu"]).toContain(pool.device);
    expect(pool.deviceReason).not.toBe("");
    const bundled = listSupportedBackends().some(({ name, bundled }) => name === "cuda" && bundled);
    if (bundled) return;
    await expect(openPool(undefined, { device: "cuda" })).rejects.toMatchObject({
      code: "InvalidRequest",
      detail: { path: "device", reason: expect.stringContaining("cuda is not in this build") },
    });
  });
});
