import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import { namedPrompt } from "../../core/text/naming.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { MaskRequest, MaskResponse, Prompt } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import type { InferencePool } from "../inference/pool.ts";
import type { DecodeResult, DecodeSource } from "../inference/protocol.ts";
import type { Model, ModelRegistry } from "../models/registry.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import type { EmbeddingContext } from "./embedding-context.ts";
import type { EmbeddingService, SliceSource } from "./embeddings.ts";
import type { Waiting } from "./single-flight.ts";

/** Said with every mask. */
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
  readonly observe?: Observe;
  /** For the logits that clients may send back by id. */
  readonly logitsBytes?: number;
}

interface KeptLogits {
  /** Slice and transform that the logits lie in. */
  readonly frame: string;
  readonly logits: Float32Array;
}

const LOGITS_BYTES = 64 * 2 ** 20;
/** Contexts remembered, so that a click does not read a whole embedding for its metadata. */
const KNOWN_CONTEXTS = 4096;

/** Masks from prompts, by an embedding's id or by a slice that is encoded first. */
export function createMaskService(options: MaskServiceOptions): MaskService {
  const { pool, embeddings, models, observe = ignoreEvents, logitsBytes = LOGITS_BYTES } = options;
  const kept = new LRUCache<Digest, KeptLogits>({
    maxSize: logitsBytes,
    sizeCalculation: ({ logits }) => logits.byteLength,
  });
  const contexts = new LRUCache<Digest, EmbeddingContext>({ max: KNOWN_CONTEXTS });
  const contextOf = async (embeddingId: Digest): Promise<EmbeddingContext> => {
    const context = contexts.get(embeddingId) ?? (await embeddings.context(embeddingId));
    contexts.set(embeddingId, context);
    return context;
  };
  return {
    async masks(request, waiting = {}) {
      const embeddingId = request.embeddingId ?? (await embedFirst(embeddings, request, waiting));
      const context = await contextOf(embeddingId);
      const model = modelFor(models, context, request);
      const frame = JSON.stringify([context.imageId, context.plane, context.slice, context.transform]);
      const { window, transform, width, height } = context;
      const { multimask } = request;
      const prompts = namedPrompts(options, request, context, model);
      const decoded = await pool.decode(
        {
          modelId: model.id,
          ...{ embeddingId, window, transform, width, height, prompts, multimask, context: request.context },
          previous: request.previous && previousLogits(kept, request.previous, frame, observe),
          load: () => loadSource(options, embeddingId, context, model),
        },
        { signal: waiting.signal, deadlineMs: waiting.deadlineMs },
      );
      const lowResLogitsId = logitsId(frame, decoded.lowResLogits);
      kept.set(lowResLogitsId, { frame, logits: decoded.lowResLogits });
      return { embeddingId, imageId: context.imageId, ...answerOf(decoded, context), lowResLogitsId, notice: NOTICE };
    },
  };
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

/** The decoder must be of the model that made the embedding, with the very encoder that made it. */
function modelFor(models: Pick<ModelRegistry, "get">, context: EmbeddingContext, request: MaskRequest): Model {
  const { model: asked, imageId } = request;
  if (imageId && imageId !== context.imageId) {
    throw new SegmenterError("InvalidRequest", { reason: "The embedding is of another image.", path: "imageId" });
  }
  if (asked && asked !== context.model)
    throw new SegmenterError("ModelMismatch", { expected: context.model, got: asked });
  const model = models.get(context.model);
  const { digest } = model.graphs.encoder;
  if (digest !== context.modelDigest)
    throw new SegmenterError("ModelMismatch", { expected: digest, got: context.modelDigest });
  return model;
}

/** Texts by their canonical names, for a model that reads them; another one refuses texts itself. */
function namedPrompts(
  { vocabulary, images }: MaskServiceOptions,
  { prompts, context }: MaskRequest,
  { imageId, plane, slice }: EmbeddingContext,
  { manifest }: Model,
): readonly Prompt[] {
  if (!vocabulary || !manifest.prompts.includes("text")) return prompts;
  const image = images.get(imageId);
  const modality = context?.modality ?? image?.modality;
  const place = { stack: image?.planes.find((stack) => stack.plane === plane), slice };
  return prompts.map((prompt) =>
    prompt.kind === "text" ? namedPrompt(prompt, vocabulary.resolve(prompt.text, { modality }), place) : prompt,
  );
}

function previousLogits(kept: LRUCache<Digest, KeptLogits>, id: Digest, frame: string, observe: Observe): Float32Array {
  const found = kept.get(id);
  observe({ kind: "cache", tier: "logits", outcome: found ? "hit" : "miss" });
  if (!found) throw new SegmenterError("LogitsNotFound", { lowResLogitsId: id });
  if (found.frame === frame) return found.logits;
  throw new SegmenterError("InvalidRequest", { reason: "The logits are of another slice or crop.", path: "previous" });
}

/** Pixels travel to the child only where the model prepares a slice from them. */
async function loadSource(
  { images, embeddings }: MaskServiceOptions,
  embeddingId: Digest,
  { imageId, plane, slice }: EmbeddingContext,
  { manifest }: Model,
): Promise<DecodeSource> {
  const [embedding, pixels] = await Promise.all([
    embeddings.bytes(embeddingId, "f32"),
    manifest.graphs.prepare ? images.slice(imageId, plane, slice) : undefined,
  ]);
  return { embedding, slice: pixels };
}

function logitsId(frame: string, logits: Float32Array): Digest {
  const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
  return sha256(frame, bytes);
}

function answerOf(
  { masks, presence }: DecodeResult,
  { spacingMm }: EmbeddingContext,
): Pick<MaskResponse, "masks" | "presence"> {
  const pixelMm2 = spacingMm ? spacingMm[0] * spacingMm[1] : undefined;
  const withArea = masks.map((mask) => (pixelMm2 === undefined ? mask : { ...mask, areaMm2: mask.area * pixelMm2 }));
  return { masks: withArea, ...(presence === undefined ? {} : { presence }) };
}
