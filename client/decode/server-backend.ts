/** The last rung: `POST /v1/masks`, which walks the same answer path. Slower by a round trip, and right everywhere. */
import { isSegmenterError } from "../../core/errors.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { Crop, Manifest, MaskRequest, MaskResponse, Prompt } from "../../core/wire/index.ts";
import type { Api } from "../http/api.ts";
import type { CallOptions, Embedding, SegmentMask, SegmentOptions } from "../types.ts";
import type { Backend, Masks } from "./backend.ts";
import { asMaskPrompt } from "./refine.ts";

export type Renew = <T>(on: Embedding, call: () => Promise<T>, options: { signal?: AbortSignal }) => Promise<T>;

export interface ServerBackendOptions {
  readonly api: Api;
  readonly manifest: Manifest;
  /** Makes an embedding again that the server no longer has. */
  readonly renew: Renew;
  /** The embedding of a part of the same slice, which the server has just used. */
  readonly encode: (on: Embedding, crop: Crop, call: CallOptions) => Promise<Embedding>;
}

/** What the server no longer has is made again: an embedding by `renew`, earlier logits by the mask itself. */
export function serverBackend({ api, manifest, renew, encode }: ServerBackendOptions): Backend {
  const ask = (on: Embedding, prompts: readonly Prompt[], given: SegmentOptions) =>
    renew(on, () => api.masks(requestOf(on, prompts, given), given), given);
  return {
    name: "server",
    threads: 0,
    note: manifest.id,
    ms: undefined,
    lost: new Promise<never>(() => {}),
    prepare: async () => {},
    answer: async (on, prompts, options) => {
      const begin = performance.now();
      const response = await ask(on, prompts, options).catch((error: unknown) => {
        if (!options.previous || !isSegmenterError(error, "LogitsNotFound")) throw error;
        const { lowResLogitsId: _gone, ...previous } = options.previous;
        return ask(on, prompts, { ...options, previous });
      });
      const ms = performance.now() - begin;
      const answered = response.crop && response.embeddingId !== on.id ? await encode(on, response.crop, options) : on;
      return { masks: masksOf(response, answered), ms };
    },
    close: () => {},
  };
}

function requestOf(
  on: Embedding,
  prompts: readonly Prompt[],
  { multimask = false, zoom = "auto", previous, context }: SegmentOptions,
): MaskRequest {
  const refined = previous && !previous.lowResLogitsId ? [...prompts, asMaskPrompt(previous)] : [...prompts];
  return {
    embeddingId: on.id,
    prompts: refined,
    multimask,
    zoom,
    ...(previous?.lowResLogitsId ? { previous: previous.lowResLogitsId } : {}),
    ...(context ? { context } : {}),
  };
}

function masksOf({ masks, presence }: MaskResponse, on: Embedding): Masks {
  const [best, ...rest] = masks.map(
    ({ rle, predictedIou, stabilityScore, lowResLogitsId }): SegmentMask => ({
      ...decodeRle(rle),
      predictedIou,
      stabilityScore,
      lowResLogits: new Float32Array(0),
      lowResLogitsId,
      backend: "server",
      on,
      ...(presence === undefined ? {} : { presence }),
    }),
  );
  if (!best) throw new RangeError("The server gave no mask.");
  return [best, ...rest];
}
