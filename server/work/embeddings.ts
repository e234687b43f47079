/** Embeddings by request: found in the stores, or encoded once for all who ask at the same time. */
import type { Digest } from "../../core/digest.ts";
import { encodeEmbedding, transcodeEmbedding, type Wire } from "../../core/embedding/file.ts";
import { embeddingKeyText } from "../../core/embedding/key.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { SegmenterError, toError } from "../../core/errors.ts";
import type { PartRequest } from "../../core/image/part.ts";
import { planeOf } from "../../core/image/planes.ts";
import type { Plane, Slice, Window } from "../../core/image/volume.ts";
import { inputPart, PREPROCESS_VERSION, transformOf } from "../../core/model/preprocess.ts";
import { isWholeCrop } from "../../core/prompt/space.ts";
import { readSafetensors } from "../../core/tensor/safetensors.ts";
import type { Crop, EmbeddingInfo, EmbeddingRequest, ImageInfo } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import type { InferencePool } from "../inference/pool.ts";
import type { Model, ModelRegistry } from "../models/registry.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { type Claims, ownClaims } from "./claims.ts";
import { type EmbeddingContext, readContext, writeContext } from "./embedding-context.ts";
import { singleFlight, type Waiting } from "./single-flight.ts";

/** What the services need of the images. */
export interface SliceSource {
  get(imageId: string): Promise<ImageInfo | undefined> | ImageInfo | undefined;
  /** Throws ImageNotFound, SliceNotFound. */
  slice(imageId: string, plane: Plane, k: number, part?: PartRequest): Promise<Slice>;
}

/** What to encode; all but the image has a default. */
export type SliceRequest = { readonly [N in keyof EmbeddingRequest]?: EmbeddingRequest[N] | undefined };

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
  /** Waits for writes to the store. */
  close(): Promise<void>;
}

export interface EmbeddingServiceOptions {
  readonly images: SliceSource;
  readonly pool: Pick<InferencePool, "encode">;
  readonly store: EmbeddingStore;
  readonly models: Pick<ModelRegistry, "get">;
  readonly observe?: Observe;
  /** Part of every key: tenants never share an entry. */
  readonly tenant?: string;
  /** How replicas share the work; each does its own when left out. */
  readonly claims?: Claims;
}

/** A request with every default filled in. */
interface Target {
  readonly id: Digest;
  readonly model: Model;
  readonly context: EmbeddingContext;
  readonly crop: Crop | undefined;
}

/** What is stored is the encoder's own float32, so that a hit answers byte for byte what the miss did. */
const STORED: Wire = "f32";

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
  return {
    async embed(imageId, request, waiting) {
      const target = await targetOf(imageId, request, options);
      const find = async () => ((await saves.get(target.id)) ? { cached: true } : undefined);
      const start = async (signal: AbortSignal, background: () => boolean) =>
        (await find()) ?? claims(target.id, { find, work: () => encode(target, signal, background), signal });
      const { cached } = await flight(target.id, start, waiting);
      return infoOf(target, cached);
    },
    async bytes(embeddingId, wire) {
      const bytes = await stored(embeddingId);
      return wire === STORED ? bytes : transcodeEmbedding(bytes, wire);
    },
    context: async (embeddingId) => readContext(readSafetensors(await stored(embeddingId)).metadata),
    close: () => saves.settled(),
  };
}

async function targetOf(imageId: Digest, request: SliceRequest, options: EmbeddingServiceOptions): Promise<Target> {
  const { images, models, tenant = "" } = options;
  const image = await images.get(imageId);
  if (!image) throw new SegmenterError("ImageNotFound", { imageId });
  const model = models.get(request.model);
  const { plane = "native", slice = 0 } = request;
  const grid = planeOf(image, plane, slice);
  const window = windowOf(image, request.window);
  const { width, height, spacingMm } = grid;
  const transform = transformOf(
    { width, height, spacingMm: spacingMm ?? undefined },
    model.manifest.input,
    request.crop,
  );
  const crop = isWholeCrop(transform.crop, grid) ? undefined : transform.crop;
  const encoder = model.graphs.encoder.digest;
  const key = {
    tenant,
    pixels: imageId,
    plane,
    slice,
    window,
    crop: crop ?? null,
    encoder,
    preprocess: PREPROCESS_VERSION,
  };
  const place = { imageId, plane, slice, window, transform, width, height, spacingMm };
  return {
    id: sha256(embeddingKeyText(key)),
    model,
    crop,
    context: { ...place, model: model.id, modelDigest: encoder },
  };
}

/** Colour has none; grey takes the one asked for, else the image's first, else its own range (`null`). */
function windowOf({ channels, windows }: ImageInfo, asked: Window | undefined): Window | null {
  if (channels === 3) return null;
  const window = asked ?? windows[0];
  return window ? { center: window.center, width: window.width } : null;
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
