/** Masks for `POST /v1/masks`, `POST /v1/segment` and the command line: the one answer path over the server's own pool. */
import { LRUCache } from "lru-cache";
import { type AnswerPort, answer } from "../../core/annotation/answer.ts";
import { nameMask } from "../../core/annotation/find-all.ts";
import type { Digest } from "../../core/digest.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { SegmenterError } from "../../core/errors.ts";
import { findPlane } from "../../core/image/planes.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { inputPart } from "../../core/model/preprocess.ts";
import { isWholeCrop } from "../../core/prompt/space.ts";
import { type CandidateName, namesToTell, scopeOf } from "../../core/text/candidates.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { MaskRequest, MaskResponse, MaskResult } from "../../core/wire/index.ts";
import type { InferencePool } from "../inference/pool.ts";
import type { DecodedMask, DecodeSource } from "../inference/protocol.ts";
import type { Model, ModelRegistry } from "../models/registry.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { DEFAULT_LIMITS } from "../ops/limits.ts";
import type { NameService } from "../text/name-service.ts";
import type { EmbeddingContext, OnSlice } from "./embedding-context.ts";
import type { EmbeddingService, SliceSource } from "./embeddings.ts";
import { askNames } from "./find-names.ts";
import { createKeptMasks, type KeptMasks } from "./kept-masks.ts";
import type { Waiting } from "./single-flight.ts";

/** Stands beside every mask that the server gives. */
export const NOTICE = "Research use only, not for diagnosis.";

export interface MaskService {
  /**
   * Decodes prompts on the server. Rejects with InvalidRequest, InvalidPrompt, UnknownTerm, UnsupportedPrompt,
   * EmbeddingNotFound, LogitsNotFound, ModelMismatch, and as `EmbeddingService.embed` and `InferencePool.decode` do.
   */
  masks(request: MaskRequest, options?: Waiting): Promise<MaskResponse>;
}

export interface MaskServiceOptions {
  readonly images: SliceSource;
  readonly pool: Pick<InferencePool, "decode">;
  readonly embeddings: Pick<EmbeddingService, "embed" | "bytes" | "context">;
  readonly models: Pick<ModelRegistry, "get">;
  /** Without one the text encoder reads texts as they were said. */
  readonly vocabulary?: Vocabulary;
  /** Says what a text names; the vocabulary alone when left out. */
  readonly names?: Pick<NameService, "resolve">;
  readonly observe?: Observe;
  /** For the masks that clients may send back by id. */
  readonly keptBytes?: number;
  /** Where the other replicas find them. */
  readonly sharedKept?: EmbeddingStore | undefined;
}

interface Parts extends MaskServiceOptions {
  readonly kept: KeptMasks;
  contextOf(embeddingId: Digest): Promise<OnSlice>;
}

/** Contexts remembered, so that a click does not read a whole embedding for its metadata. */
const KNOWN_CONTEXTS = 4096;

/** Masks from prompts, by an embedding's id or by a slice that is encoded first. */
export function createMaskService(options: MaskServiceOptions): MaskService {
  const { embeddings, models, observe = ignoreEvents, keptBytes = DEFAULT_LIMITS.logitsMemoryBytes } = options;
  const contexts = new LRUCache<Digest, OnSlice>({ max: KNOWN_CONTEXTS });
  const contextOf = async (id: Digest): Promise<OnSlice> => {
    const context = contexts.get(id) ?? { id, ...(await embeddings.context(id)) };
    contexts.set(id, context);
    return context;
  };
  const parts: Parts = {
    ...options,
    contextOf,
    kept: createKeptMasks({ maxBytes: keptBytes, observe, shared: options.sharedKept }),
  };
  const masks: MaskService["masks"] = async (request, waiting = {}) => {
    const on = await contextOf(request.embeddingId ?? (await embedFirst(embeddings, request, waiting)));
    const model = modelFor(models, on, request);
    const { prompts, multimask, zoom } = request;
    const previous = request.previous && (await parts.kept.get(request.previous, on));
    const found = await answer(portOf(parts, model, request, waiting), on, { prompts, multimask, zoom, previous });
    const response = responseOf(found, parts.kept);
    if (!request.classify) return response;
    const ask = askNames(masks, { embeddingId: on.id, context: request.context }, waiting);
    const candidates = await candidatesOn(parts, on, request);
    const names = await nameMask(ask, decodeRle(response.masks[0].rle), { candidates, signal: waiting.signal });
    return { ...response, names };
  };
  return { masks };
}

async function candidatesOn(
  { images, vocabulary }: MaskServiceOptions,
  { imageId }: OnSlice,
  { context }: MaskRequest,
): Promise<CandidateName[]> {
  const image = await images.get(imageId);
  return namesToTell(vocabulary?.entries ?? [], scopeOf(image, context));
}

async function embedFirst(
  embeddings: Pick<EmbeddingService, "embed">,
  { imageId, plane, slice, window, crop, model }: MaskRequest,
  waiting: Waiting,
): Promise<Digest> {
  if (!imageId)
    throw new SegmenterError("InvalidRequest", { reason: "Give an embeddingId, or an imageId with a slice." });
  const { embeddingId } = await embeddings.embed(imageId, { plane, slice, window, crop, model }, waiting);
  return embeddingId;
}

/** The very encoder that made the embedding; another model that has it too, with its own text tower say, may decode it. */
function modelFor(models: Pick<ModelRegistry, "get">, context: EmbeddingContext, request: MaskRequest): Model {
  const { model: asked, imageId } = request;
  if (imageId && imageId !== context.imageId) {
    throw new SegmenterError("InvalidRequest", { reason: "The embedding is of another image.", path: "imageId" });
  }
  const model = models.get(asked ?? context.model);
  const { digest } = model.graphs.encoder;
  if (digest !== context.modelDigest && asked && asked !== context.model)
    throw new SegmenterError("ModelMismatch", { expected: context.model, got: asked });
  if (digest !== context.modelDigest)
    throw new SegmenterError("ModelMismatch", { expected: digest, got: context.modelDigest });
  return model;
}

/** The server's side of the answer: its vocabulary, its embedding service, its decode children. */
function portOf(
  parts: Parts,
  model: Model,
  { context }: MaskRequest,
  waiting: Waiting,
): AnswerPort<OnSlice, DecodedMask> {
  const { images, embeddings, vocabulary, names = vocabulary, pool, contextOf } = parts;
  const { prompts: kinds, text: tower } = model.manifest;
  const readsNames = kinds.includes("text") && tower?.vocabulary !== "none";
  return {
    threshold: model.manifest.logits.threshold,
    async name(text, { imageId, plane }) {
      if (!names || !readsNames) return undefined;
      const image = await images.get(imageId);
      return { answer: await names.resolve(text, scopeOf(image, context)), stack: findPlane(image, plane) };
    },
    async embed({ imageId, plane, slice, window }, crop) {
      const request = { plane, slice, crop, model: model.id, ...(window ? { window } : {}) };
      return contextOf((await embeddings.embed(imageId, request, waiting)).embeddingId);
    },
    decode(on, prompts, { multimask, previous }) {
      const { id: embeddingId, window, transform, width, height } = on;
      const job = { modelId: model.id, embeddingId, window, transform, width, height, prompts, multimask, context };
      const load = () => loadSource(parts, on, model);
      return pool.decode({ ...job, previous, load }, { signal: waiting.signal, deadlineMs: waiting.deadlineMs });
    },
    boundsOf: ({ bbox }) => bbox,
  };
}

/**
 * The embedding at the precision that browsers get, so that both decode the same numbers; pixels only where the model
 * prepares a slice from them.
 */
async function loadSource(
  { images, embeddings }: MaskServiceOptions,
  { id, imageId, plane, slice, transform }: OnSlice,
  { manifest }: Model,
): Promise<DecodeSource> {
  const [embedding, pixels] = await Promise.all([
    embeddings.bytes(id, manifest.embedding.wire),
    manifest.graphs.prepare ? images.slice(imageId, plane, slice, inputPart(transform)) : undefined,
  ]);
  return { embedding, slice: pixels };
}

function responseOf(
  { on, masks, presence }: { on: OnSlice; masks: readonly [DecodedMask, ...DecodedMask[]]; presence?: number },
  kept: KeptMasks,
): MaskResponse {
  const { id, imageId, spacingMm, transform } = on;
  const pixelMm2 = spacingMm ? spacingMm[0] * spacingMm[1] : undefined;
  const results = masks.map((mask): MaskResult => {
    const { lowResLogits: _kept, ...shown } = mask;
    const area = pixelMm2 === undefined ? {} : { areaMm2: mask.area * pixelMm2 };
    return { ...shown, ...area, lowResLogitsId: kept.set(on, mask) };
  });
  return {
    embeddingId: id,
    imageId,
    ...(isWholeCrop(transform.crop, on) ? {} : { crop: transform.crop }),
    masks: results,
    ...(presence === undefined ? {} : { presence }),
    lowResLogitsId: results[0].lowResLogitsId,
    notice: NOTICE,
  };
}
