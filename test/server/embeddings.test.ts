import { describe, expect, test } from "vitest";
import type { Digest } from "../../core/digest.ts";
import { decodeEmbedding } from "../../core/embedding/file.ts";
import { diskStore } from "../../server/stores/disk.ts";
import { memoryStore } from "../../server/stores/memory.ts";
import { createEmbeddingService } from "../../server/work/embeddings.ts";
import { idOf } from "./entries.ts";
import {
  type Bench,
  nanEncoder,
  openPool,
  pictures,
  scratch,
  slowEncoder,
  until,
  WINDOW,
} from "./inference-support.ts";

const IMAGE = idOf(0);
const endless = slowEncoder(500);

const memory = () => memoryStore({ maxBytes: 64 << 20 });

function serve({ pool, models }: Bench, store = memory()) {
  const images = pictures();
  return { images, embeddings: createEmbeddingService({ images, pool, store, models }) };
}

const encodes = ({ events }: Bench) => events.filter(({ kind }) => kind === "encode").length;
const busy = ({ pool }: Bench) => until(() => pool.stats().encode.busy === 1);

describe("the embedding service", { timeout: 90_000 }, () => {
  test("100 callers of one cold slice cost one encode and get equal answers (L-1)", async () => {
    const bench = await openPool(slowEncoder(2));
    const { embeddings, images } = serve(bench);
    const calls = Array.from({ length: 100 }, () => embeddings.embed(IMAGE, { slice: 3 }));
    const answers = await Promise.all(calls);
    expect(encodes(bench)).toBe(1);
    expect(images.reads).toEqual([3]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({
      imageId: IMAGE,
      slice: 3,
      model: "tiny",
      shape: bench.models.get().manifest.embedding.shape,
      window: WINDOW,
      cached: false,
    });
    expect(await embeddings.embed(IMAGE, { slice: 3 })).toEqual({ ...answers[0], cached: true });
    expect(encodes(bench)).toBe(1);
  });

  test("what a worker made and the shared store lost is encoded here", async () => {
    const bench = await openPool();
    const { pool, models } = bench;
    const embeddings = createEmbeddingService({
      ...{ images: pictures(), pool, models, store: memory() },
      remote: async () => true,
    });
    const { embeddingId } = await embeddings.embed(IMAGE, {});
    expect(encodes(bench)).toBe(1);
    expect((await embeddings.bytes(embeddingId, "f32")).length).toBeGreaterThan(0);
  });

  test("a hit gives byte for byte what the miss gave, from memory, from disk and after a restart (D-11)", async () => {
    const bench = await openPool();
    const dir = await scratch();
    const open = async () => serve(bench, await diskStore({ dir, maxBytes: 2 ** 30 })).embeddings;
    const first = await open();
    const { embeddingId } = await first.embed(IMAGE, {});
    const missed = await first.bytes(embeddingId, "f32");
    await first.settled();
    const second = await open();
    expect((await second.embed(IMAGE, {})).cached).toBe(true);
    for (const wire of ["f32", "f16", "i8"] as const) {
      expect(Buffer.compare(await second.bytes(embeddingId, wire), await first.bytes(embeddingId, wire))).toBe(0);
    }
    expect(Buffer.compare(await second.bytes(embeddingId, "f32"), missed)).toBe(0);
    expect(await second.context(embeddingId)).toMatchObject({
      imageId: IMAGE,
      plane: "native",
      slice: 0,
      width: 64,
      model: "tiny",
    });
    const { tensors } = decodeEmbedding(await second.bytes(embeddingId, "i8"));
    expect(tensors.image_embeddings?.dims).toEqual([1, 128, 32, 32]);
    expect(encodes(bench)).toBe(1);
  });

  test("the precision that travels is made once: replicas that share it need no float32", async () => {
    const { pool, models } = await openPool();
    const forms = memory();
    const open = () => createEmbeddingService({ images: pictures(), pool, models, store: memory(), forms });
    const [maker, other] = [open(), open()];
    const { embeddingId } = await maker.embed(IMAGE, {});
    await expect(other.bytes(embeddingId, "i8")).rejects.toMatchObject({ code: "EmbeddingNotFound" });
    const made = await maker.bytes(embeddingId, "i8");
    expect(await other.bytes(embeddingId, "i8")).toEqual(made);
    expect(await other.context(embeddingId)).toEqual(await maker.context(embeddingId));
    await expect(other.bytes(embeddingId, "f32")).rejects.toMatchObject({ code: "EmbeddingNotFound" });
    expect(await maker.bytes(embeddingId, "f32")).not.toEqual(made);
  });

  test("window, crop, slice and model are part of the id; the whole slice as a crop is none (D-12)", async () => {
    const bench = await openPool();
    const { embeddings } = serve(bench);
    const id = async (request: Parameters<typeof embeddings.embed>[1]) =>
      (await embeddings.embed(IMAGE, request)).embeddingId;
    const plain = await id({});
    const others = [
      await id({ window: { center: 40, width: 401 } }),
      await id({ slice: 1 }),
      await id({ crop: { x0: 8, y0: 8, x1: 40, y1: 40 } }),
      (await embeddings.embed(idOf(2), {})).embeddingId,
    ];
    expect(new Set([plain, ...others]).size).toBe(5);
    expect(await id({ window: WINDOW })).toBe(plain);
    expect(await id({ crop: { x0: 0, y0: 0, x1: 64, y1: 64 } })).toBe(plain);
  });

  test("who leaves does not take the work from the others (L-4)", async () => {
    const bench = await openPool(slowEncoder(10));
    const { embeddings } = serve(bench);
    const leaver = new AbortController();
    const left = embeddings.embed(IMAGE, {}, { signal: leaver.signal });
    const late = embeddings.embed(IMAGE, {}, { deadlineMs: 1 });
    const stays = embeddings.embed(IMAGE, {});
    late.catch(() => {});
    await busy(bench);
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: "Cancelled" });
    await expect(late).rejects.toMatchObject({ code: "DeadlineExceeded", detail: { deadlineMs: 1 } });
    expect((await stays).cached).toBe(false);
    expect(encodes(bench)).toBe(1);
    expect(bench.pool.stats().encode.kills).toBe(0);
  });

  test("when the last waiter leaves, a waiting slice is never read or encoded, a running one is ended (L-5, L-6)", async () => {
    const bench = await openPool(endless);
    const { embeddings, images } = serve(bench);
    const controllers = [0, 1].map(() => new AbortController());
    const calls = controllers.map(({ signal }, slice) => embeddings.embed(IMAGE, { slice }, { signal }));
    await busy(bench);
    controllers[1]!.abort();
    await expect(calls[1]).rejects.toMatchObject({ code: "Cancelled" });
    await until(() => bench.pool.stats().encode.queued === 0);
    controllers[0]!.abort();
    await expect(calls[0]).rejects.toMatchObject({ code: "Cancelled" });
    await until(() => bench.pool.stats().encode.kills === 1);
    expect(images.reads).toEqual([0]);
    expect(encodes(bench)).toBe(0);
  });

  test("who comes while the last waiter leaves gets a run of their own", async () => {
    const bench = await openPool(slowEncoder(10));
    const { embeddings } = serve(bench);
    const leaver = new AbortController();
    const left = embeddings.embed(IMAGE, {}, { signal: leaver.signal });
    await busy(bench);
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: "Cancelled" });
    expect((await embeddings.embed(IMAGE, {})).embeddingId).toMatch(/^sha256:/);
  });

  test("prefetch lets a slice go first that somebody looks at", async () => {
    const bench = await openPool(slowEncoder(3));
    const { embeddings, images } = serve(bench);
    const prefetch = [1, 2, 3].map((slice) => embeddings.embed(IMAGE, { slice }, { background: true }));
    await busy(bench);
    await Promise.all([...prefetch, embeddings.embed(IMAGE, { slice: 9 }), embeddings.embed(IMAGE, { slice: 3 })]);
    expect(images.reads).toEqual([1, 3, 9, 2]);
  });

  test("what the encoder got wrong is refused and not kept (F-7)", async () => {
    const bench = await openPool(nanEncoder());
    const { embeddings, images } = serve(bench);
    for (let round = 0; round < 2; round++) {
      await expect(embeddings.embed(IMAGE, {})).rejects.toMatchObject({ code: "EncoderOutputInvalid" });
    }
    expect(images.reads).toEqual([0, 0]);
  });

  test.each([
    { name: "an unknown image", id: idOf(1), request: {}, code: "ImageNotFound" },
    { name: "a slice behind the last", id: IMAGE, request: { slice: 64 }, code: "SliceNotFound" },
    { name: "a plane that is not there", id: IMAGE, request: { plane: "axial" as const }, code: "SliceNotFound" },
    { name: "an unknown model", id: IMAGE, request: { model: "other" }, code: "UnknownModel" },
    { name: "a crop outside", id: IMAGE, request: { crop: { x0: 0, y0: 0, x1: 65, y1: 2 } }, code: "InvalidRequest" },
  ])("refuses $name before any work", async ({ id, request, code }) => {
    const bench = await openPool(undefined, { encoders: 0 });
    const { embeddings } = serve(bench);
    await expect(embeddings.embed(id, request)).rejects.toMatchObject({ code });
    await expect(embeddings.bytes(idOf(5) as Digest, "f32")).rejects.toMatchObject({ code: "EmbeddingNotFound" });
  });
});
