/** The one decode path, the same in the server's child process and in the browser's worker: prompts in, masks out. */

import { asFloat32 } from "../embedding/file.ts";
import { SegmenterError } from "../errors.ts";
import type { ScoredMask } from "../mask/mask.ts";
import { type PromptFeeds, promptFeeds } from "../prompt/sam.ts";
import { tokenise } from "../prompt/tokens.ts";
import type { Feeds, Session, Tensor } from "../tensor/session.ts";
import type { Transform } from "../wire/embedding.ts";
import type { Manifest } from "../wire/manifest.ts";
import type { Context, Prompt, PromptKind } from "../wire/prompt.ts";
import { contextVector } from "./contracts/context.ts";
import type { Family, RawMasks } from "./contracts/contract.ts";
import { familyOf } from "./contracts/index.ts";
import { logitsToMask, stabilityScore } from "./logits.ts";
import { logitsBeyond } from "./sides.ts";

/** What the decoder needs of one slice, computed once. Plain data: dropping it frees it. */
export interface Prepared {
  readonly feeds: Feeds;
}

export interface DecodeRequest {
  readonly prompts: readonly Prompt[];
  readonly transform: Transform;
  /** Of the slice, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Three candidates for a single click, instead of the best one. */
  readonly multimask?: boolean | undefined;
  /** `lowResLogits` of the mask to be refined. */
  readonly previous?: Float32Array | undefined;
  readonly context?: Context | undefined;
}

export interface Decoded {
  /** Best predicted IoU first, never empty. */
  readonly masks: readonly [best: ScoredMask, ...rest: ScoredMask[]];
  /** Only with a text prompt, 0 to 1: is the named structure in the slice. */
  readonly presence?: number;
}

export interface Decoder {
  /** Once per slice. Throws EncoderOutputInvalid for an embedding that is not finite or has another shape. */
  prepare(slice: { embedding: Readonly<Record<string, Tensor>>; image?: Float32Array | undefined }): Promise<Prepared>;
  /** Once per prompt. Throws InvalidPrompt, UnsupportedPrompt, InvalidRequest. */
  decode(prepared: Prepared, request: DecodeRequest): Promise<Decoded>;
  /** The graph's own answer to tensors already in the model's frame; `checkGolden` compares it. */
  run(prepared: Prepared, prompt: PromptFeeds, context?: Context): Promise<RawMasks>;
  /** Frees the sessions. */
  release(): Promise<void>;
}

export interface DecoderGraphs {
  readonly manifest: Manifest;
  readonly decoder: Session;
  readonly prepare?: Session | undefined;
  readonly textEncoder?: Session | undefined;
}

/** A named structure counts as absent below this presence; the mask of a text alone is then empty. */
export const PRESENT = 0.5;

/** Texts whose embedding is kept: people type the same organ again and again. */
const MAX_TEXTS = 256;

function textEmbedder(manifest: Manifest, session: Session | undefined): (text: string) => Promise<Tensor> {
  const known = new Map<string, Promise<Tensor>>();
  return (text) => {
    if (!session) throw new SegmenterError("UnsupportedPrompt", { kind: "text", modelId: manifest.id });
    const ids = tokenise(text);
    const key = ids.join();
    const found = known.get(key);
    if (found) return found;
    const [input, output] = [session.inputNames[0], session.outputNames[0]];
    const made = session
      .run({ [input]: { type: "int64", data: ids, dims: [1, ids.length] } })
      .then((out) => out[output]);
    made.catch(() => known.delete(key));
    if (known.size >= MAX_TEXTS) known.clear();
    known.set(key, made);
    return made;
  };
}

function checkKinds(prompts: readonly Prompt[], manifest: Manifest, family: Family) {
  if (prompts.length === 0)
    throw new SegmenterError("InvalidRequest", { reason: "There is no prompt.", path: "prompts" });
  for (const { kind } of prompts) {
    const taken = manifest.prompts.includes(kind) && family.takes(kind);
    if (!taken) throw new SegmenterError("UnsupportedPrompt", { kind, modelId: manifest.id });
  }
}

function checkFinite(values: Float32Array, what: string) {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new SegmenterError("EncoderOutputInvalid", { reason: `${what} is not all finite.` });
    }
  }
}

/** The manifest gives the shape of the tensor that crosses the wire; `image_embeddings`, or the last of several maps. */
function checkEmbedding(embedding: Readonly<Record<string, Tensor>>, { embedding: { shape } }: Manifest) {
  const tensors = Object.entries(embedding);
  const sizes = tensors.map(([, { dims }]) => dims.join("×"));
  const expected = [shape.join("×"), [1, ...shape].join("×")];
  if (!sizes.some((size) => expected.includes(size)))
    throw new SegmenterError("EncoderOutputInvalid", {
      reason: `Expected a tensor ${expected[0]}, got ${sizes.join(", ")}.`,
    });
  for (const [name, tensor] of tensors) checkFinite(asFloat32(tensor), name);
}

/** How a model's masks are read. */
interface Reading {
  /** Logits above it are inside. */
  readonly threshold: number;
  /** Kinds of prompt that alone may mean several objects. */
  readonly ambiguous?: readonly PromptKind[] | undefined;
}

/**
 * Which of the graph's masks answer, best first. Of four, mask 0 is for several prompts and the others are for one
 * ambiguous click (Kirillov et al. 2023, "Making the model efficient"); of three, all are candidates.
 */
function candidates(
  { ious }: RawMasks,
  { prompts, multimask = false }: DecodeRequest,
  ambiguous: readonly PromptKind[] = ["point"],
): number[] {
  const [only] = prompts;
  const foreground = "label" in only && only.label === "foreground";
  const unclear = prompts.length === 1 && foreground && ambiguous.includes(only.kind);
  if (ious.length === 4 && !unclear) return [0];
  const all = [...ious.keys()].slice(ious.length === 4 ? 1 : 0);
  const best = all.toSorted((a, b) => ious[b] - ious[a]);
  return multimask ? best : best.slice(0, 1);
}

function answer(raw: RawMasks, request: DecodeRequest, { threshold, ambiguous }: Reading): Decoded {
  const { prompts, transform, width, height } = request;
  const [only] = prompts;
  const named = prompts.length === 1 && only.kind === "text" ? only : undefined;
  const area = raw.size * raw.size;
  const found = candidates(raw, request, ambiguous).map((index) => {
    const logits = raw.logits.slice(index * area, (index + 1) * area);
    return { index, logits: named?.beyond ? logitsBeyond(named.beyond, logits, { transform, threshold }) : logits };
  });
  const nothingThere = named?.beyond !== undefined && !found[0].logits.some((logit) => logit > threshold);
  const presence = prompts.some(({ kind }) => kind === "text") ? (nothingThere ? 0 : raw.presence) : undefined;
  const absent = named !== undefined && presence !== undefined && presence < PRESENT;
  const [best, ...rest] = found.map(({ index, logits: lowResLogits }): ScoredMask => {
    const mask = absent
      ? { width, height, data: new Uint8Array(width * height) }
      : logitsToMask(lowResLogits, transform, request, threshold);
    const predictedIou = Math.min(Math.max(raw.ious[index], 0), 1);
    return { ...mask, predictedIou, stabilityScore: stabilityScore(lowResLogits, { threshold }), lowResLogits };
  });
  return { masks: [best, ...rest], ...(presence === undefined ? {} : { presence }) };
}

/**
 * Binds the graphs of one model. Throws ModelCorrupt when they do not have the inputs that the manifest's contract says.
 *
 * @example
 * const decoder = createDecoder({ manifest, decoder: session });
 * const prepared = await decoder.prepare({ embedding });
 * const { masks } = await decoder.decode(prepared, { prompts, transform, width, height });
 */
export function createDecoder({ manifest, decoder, prepare, textEncoder }: DecoderGraphs): Decoder {
  const family = familyOf(manifest, decoder, prepare);
  const embedText = textEmbedder(manifest, textEncoder);
  const { size, threshold } = manifest.logits;

  async function run({ feeds }: Prepared, prompt: PromptFeeds, context?: Context): Promise<RawMasks> {
    const text = prompt.text === undefined ? undefined : await embedText(prompt.text);
    const extras = { text, context: contextVector(manifest.contexts ?? [], context) };
    const raw = family.read(await decoder.run(family.feeds(feeds, prompt, extras)));
    checkFinite(raw.logits, "The decoder's answer");
    checkFinite(raw.ious, "The decoder's answer");
    return raw;
  }

  return {
    run,
    async prepare({ embedding, image }) {
      checkEmbedding(embedding, manifest);
      return { feeds: await family.prepare(embedding, image) };
    },
    async decode(prepared, request) {
      checkKinds(request.prompts, manifest, family);
      const { transform, previous } = request;
      const feeds = promptFeeds(request.prompts, transform, { size: request, logitsSize: size, previous });
      return answer(await run(prepared, feeds, request.context), request, { threshold, ambiguous: family.ambiguous });
    },
    async release() {
      await Promise.all([decoder.release(), prepare?.release(), textEncoder?.release()]);
    },
  };
}
