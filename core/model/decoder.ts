/** The one decode path, the same in the server's child process and in the browser's worker: prompts in, masks out. */

import { asFloat32 } from "../embedding/file.ts";
import { SegmenterError } from "../errors.ts";
import type { Tokenize } from "../prompt/hub-tokens.ts";
import { type PromptFeeds, promptFeeds } from "../prompt/sam.ts";
import type { Feeds, Session, Tensor } from "../tensor/session.ts";
import type { Manifest } from "../wire/manifest.ts";
import type { Prompt, PromptContext } from "../wire/prompt.ts";
import { type Asked, type Decoded, nothing, onlyExcludes, readMasks } from "./candidates.ts";
import { contextVector } from "./contracts/context.ts";
import type { Contract, RawMasks } from "./contracts/contract.ts";
import { contractOf } from "./contracts/index.ts";
import { checkTextGraph, textEmbedder } from "./text.ts";

/** What the decoder needs of one slice, computed once. Plain data: dropping it frees it. */
export interface Prepared {
  readonly feeds: Feeds;
}

export interface DecodeRequest extends Asked {
  /** `lowResLogits` of the mask to be refined. */
  readonly previous?: Float32Array | undefined;
  readonly context?: PromptContext | undefined;
}

export interface Decoder {
  /** Once per slice. Throws EncoderOutputInvalid for an embedding that is not finite or has another shape. */
  prepare(slice: { embedding: Readonly<Record<string, Tensor>>; image?: Float32Array | undefined }): Promise<Prepared>;
  /** Once per prompt. Throws InvalidPrompt, UnsupportedPrompt, InvalidRequest. */
  decode(prepared: Prepared, request: DecodeRequest): Promise<Decoded>;
  /** The graph's own answer to tensors already in the model's frame; `checkGolden` compares it. */
  run(prepared: Prepared, prompt: PromptFeeds, context?: PromptContext): Promise<RawMasks>;
  /** Frees the sessions. */
  release(): Promise<void>;
}

export interface DecoderGraphs {
  readonly manifest: Manifest;
  readonly decoder: Session;
  readonly prepare?: Session | undefined;
  readonly textEncoder?: Session | undefined;
  /** Of the tokenizer that the manifest names, where the text encoder is not our own. */
  readonly tokenize?: Tokenize | undefined;
}

function checkKinds(prompts: readonly Prompt[], manifest: Manifest, contract: Contract) {
  if (prompts.length === 0)
    throw new SegmenterError("InvalidRequest", { reason: "There is no prompt.", path: "prompts" });
  for (const { kind } of prompts) {
    const taken = manifest.prompts.includes(kind) && contract.takes(kind);
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

/**
 * Binds the graphs of one model. Throws ModelCorrupt when they do not have the inputs that the manifest's contract says.
 *
 * @example
 * const decoder = createDecoder({ manifest, decoder: session });
 * const prepared = await decoder.prepare({ embedding });
 * const { masks } = await decoder.decode(prepared, { prompts, transform, width, height });
 */
export function createDecoder({ manifest, decoder, prepare, textEncoder, tokenize }: DecoderGraphs): Decoder {
  const contract = contractOf(manifest, decoder, prepare);
  if (textEncoder) checkTextGraph(textEncoder, manifest);
  const embedText = textEmbedder({ manifest, session: textEncoder, tokenize });
  const { size, threshold } = manifest.logits;

  async function run({ feeds }: Prepared, prompt: PromptFeeds, context?: PromptContext): Promise<RawMasks> {
    const text = prompt.text === undefined ? undefined : await embedText(prompt.text);
    const extras = { text, context: contextVector(manifest.contexts ?? [], context) };
    const raw = contract.read(await decoder.run(contract.feeds(feeds, prompt, extras)));
    checkFinite(raw.logits, "The decoder's answer");
    checkFinite(raw.ious, "The decoder's answer");
    return raw;
  }

  return {
    run,
    async prepare({ embedding, image }) {
      checkEmbedding(embedding, manifest);
      return { feeds: await contract.prepare(embedding, image) };
    },
    async decode(prepared, request) {
      checkKinds(request.prompts, manifest, contract);
      const { transform, previous } = request;
      const feeds = promptFeeds(request.prompts, transform, { size: request, logitsSize: size, previous });
      if (!previous && onlyExcludes(request.prompts)) return nothing(request, size);
      return readMasks(await run(prepared, feeds, request.context), request, {
        threshold,
        ambiguous: contract.ambiguous,
      });
    },
    async release() {
      await Promise.all([decoder.release(), prepare?.release(), textEncoder?.release()]);
    },
  };
}
