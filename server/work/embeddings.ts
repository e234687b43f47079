/** Embeddings by request: found in the stores, or encoded once for all who ask at the same time. */
import type { Digest } from "../../core/digest.ts";
import { encodeEmbedding, type Wire } from "../../core/embedding/file.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { SegmenterError, toError } from "../../core/errors.ts";
import type { PartRequest, Plane, Slice } from "../../core/image/volume.ts";
import { inputPart } from "../../core/model/preprocess.ts";
import { embeddingTarget, type SliceRequest } from "../../core/model/target.ts";
import { readSafetensors } from "../../core/tensor/safetensors.ts";
import type { Crop, EmbeddingInfo, ImageInfo } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import type { InferencePool } from "../inference/pool.ts";
import type { Model, ModelRegistry } from "../models/registry.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { type Claims, ownClaims } from "./claims.ts";
import { type EmbeddingContext, readContext, writeContext } from "./embedding-context.ts";
import { singleFlight, type Waiting } from "./single-flight.ts";
import { STORED, wireForms } from "./wire-forms.ts";

/** What the services need of the images. */
export interface SliceSource {
  get(imageId: string): Promise<ImageInfo | undefined> | ImageInfo | undefined;
  /** Throws ImageNotFound, SliceNotFound. */
  slice(imageId: string, plane: Plane, k: number, part?: PartRequest): Promise<Slice>;
}

export interface EmbeddingService {
  /**
   * Encodes a slice, or finds it encoded; equal requests at the same time share one run. Rejects with ImageNotFound,
   * SliceNotFound, UnknownModel, InvalidRequest (crop), and as `InferencePool.encode` does.
   */
  embed(imageId: Digest, request: SliceRequest, options?: Waiting): Promise<EmbeddingInfo>;
  /** A safetensors file. Throws EmbeddingNotFound. */
  bytes(embeddingId: Digest, wire: Wire): Promise<Uint8Array<ArrayBuffer>>;
  /** What a stored embedding was made from; survives a restart with the bytes. Throws EmbeddingNotFound. */
  context(embeddingId: Digest): Promise<EmbeddingContext>;
  /** Waits for writes to the store that are on their way. */
  settled(): Promise<void>;
}

/** An encode as a queue carries it: a request with every default filled in, and the name of its answer. */
export interface EncodeWork {
  readonly tenant: string;
  readonly id: Digest;
  readonly imageId: Digest;
  readonly request: SliceRequest;
}

export interface RemoteCall {
  readonly signal: AbortSignal;
  /** True while nobody waits for it. */
  readonly background: () => boolean;
}

export interface EmbeddingServiceOptions {
  readonly images: SliceSource;
  readonly pool: Pick<InferencePool, "encode">;
  readonly store: EmbeddingStore;
  /** Keeps the precisions that travel; each is made anew whenever it is asked for when left out. */
  readonly forms?: EmbeddingStore;
  readonly models: Pick<ModelRegistry, "get">;
  readonly observe?: Observe;
  /** Part of every key: tenants never share an entry. */
  readonly tenant?: string;
  /** How replicas share the work; each does its own when left out. */
  readonly claims?: Claims;
  /** Has somebody else encode into the shared store; false when nobody can, and it is done here. */
  readonly remote?: ((work: EncodeWork, call: RemoteCall) => Promise<boolean>) | undefined;
}

/** A request with every default filled in. */
interface Target {
  readonly id: Digest;
  readonly model: Model;
  readonly context: EmbeddingContext;
  readonly crop: Crop | undefined;
}

/** Content-addressed embeddings over a store and a pool. */
export function createEmbeddingService(options: EmbeddingServiceOptions): EmbeddingService {
  const { images, pool, observe = ignoreEvents, claims = ownClaims } = options;
  const saves = pendingSaves(options.store, observe);
  const flight = singleFlight<{ cached: boolean }>("embedding");

  const encode = async ({ id, model, context, crop }: Target, signal: AbortSignal, background: () => boolean) => {
    const { plane, slice: k, window, imageId, transform } = context;
    const slice = () => images.slice(imageId, plane, k, inputPart(transform));
    const { tensors } = await pool.encode({ modelId: model.id, slice, window, crop, name: id }, { signal, background });
    const stored = saves.save(id, encodeEmbedding(tensors, STORED, writeContext(context)));
    return { value: { cached: false }, stored };
  };
  const stored = async (embeddingId: Digest): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await saves.get(embeddingId);
    if (!bytes) throw new SegmenterError("EmbeddingNotFound", { embeddingId });
    return bytes;
  };
  const forms = wireForms(stored, options.forms);
  return {
    async embed(imageId, request, waiting) {
      const target = await targetOf(imageId, request, options);
      const find = async () => ((await saves.get(target.id)) ? { cached: true } : undefined);
      // a shared store that restarts may lose what a worker has just put there: then it is encoded here
      const elsewhere = async (signal: AbortSignal, background: () => boolean) =>
        (await options.remote?.(workOf(target, options.tenant ?? ""), { signal, background })) && (await find())
          ? { cached: false }
          : undefined;
      const start = async (signal: AbortSignal, background: () => boolean) =>
        (await find()) ??
        (await elsewhere(signal, background)) ??
        claims(target.id, { find, work: () => encode(target, signal, background), signal });
      const { cached } = await flight(target.id, start, waiting);
      return infoOf(target, cached);
    },
    bytes: forms.bytes,
    context: async (embeddingId) => readContext(readSafetensors(await forms.any(embeddingId)).metadata),
    settled: () => saves.settled(),
  };
}

async function targetOf(imageId: Digest, request: SliceRequest, options: EmbeddingServiceOptions): Promise<Target> {
  const { images, models, tenant = "" } = options;
  const image = await images.get(imageId);
  if (!image) throw new SegmenterError("ImageNotFound", { imageId });
  const model = models.get(request.model);
  const encoder = model.graphs.encoder.digest;
  const target = embeddingTarget(request, { image, manifest: model.manifest, encoder, tenant, sha256 });
  const { id, crop, ...place } = target;
  return { id, model, crop, context: { ...place, imageId, model: model.id, modelDigest: encoder } };
}

function workOf({ id, model, context, crop }: Target, tenant: string): EncodeWork {
  const { imageId, plane, slice, window } = context;
  return { tenant, id, imageId, request: { plane, slice, model: model.id, crop, ...(window ? { window } : {}) } };
}

function infoOf({ id, model, context }: Target, cached: boolean): EmbeddingInfo {
  const { imageId, plane, slice, modelDigest, transform, window } = context;
  const { shape } = model.manifest.embedding;
  return { embeddingId: id, imageId, plane, slice, model: model.id, modelDigest, shape, transform, window, cached };
}

/** Answers from what is still being written, so that nobody waits for a disk. */
function pendingSaves(store: EmbeddingStore, observe: Observe) {
  const pending = new Map<Digest, { bytes: Uint8Array<ArrayBuffer>; done: Promise<void> }>();
  return {
    get: async (id: Digest) => pending.get(id)?.bytes ?? store.get(id),
    save(id: Digest, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      const done = store
        .set(id, bytes)
        .catch((thrown: unknown) => observe({ kind: "cache-off", tier: "disk", reason: toError(thrown).name }))
        .finally(() => pending.delete(id));
      pending.set(id, { bytes, done });
      return done;
    },
    async settled(): Promise<void> {
      await Promise.all([...pending.values()].map(({ done }) => done));
    },
  };
}
