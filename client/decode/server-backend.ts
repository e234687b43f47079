/** The last rung: `POST /v1/masks`. Slower by a round trip, and right everywhere. */
import { isSegmenterError } from "../../core/errors.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { Manifest, MaskRequest, MaskResponse, Prompt } from "../../core/wire/index.ts";
import type { Api } from "../http/api.ts";
import type { Embedding, SegmentMask, SegmentOptions } from "../types.ts";
import type { Backend, Masks } from "./backend.ts";
import { asMaskPrompt } from "./refine.ts";

/** What the server no longer has is made again: an embedding by `renew`, earlier logits by the mask itself. */
export function serverBackend(api: Api, manifest: Manifest, renew: Renew): Backend {
  return {
    name: "server",
    threads: 0,
    note: manifest.id,
    ms: undefined,
    lost: new Promise<never>(() => {}),
    prepare: async () => {},
    decode: async (on, prompts, options) => {
      const begin = performance.now();
      const ask = (given: SegmentOptions) =>
        renew(on, () => api.masks(requestOf(on, prompts, given), options), options);
      const response = await ask(options).catch((error: unknown) => {
        if (!options.previous || !isSegmenterError(error, "LogitsNotFound")) throw error;
        const { lowResLogitsId: _gone, ...previous } = options.previous;
        return ask({ ...options, previous });
      });
      return { masks: masksOf(response, on), ms: performance.now() - begin };
    },
    close: () => {},
  };
}

export type Renew = <T>(on: Embedding, call: () => Promise<T>, options: { signal?: AbortSignal }) => Promise<T>;

function requestOf(
  on: Embedding,
  prompts: readonly Prompt[],
  { multimask = false, previous, context }: SegmentOptions,
): MaskRequest {
  const refined = previous && !previous.lowResLogitsId ? [...prompts, asMaskPrompt(previous)] : [...prompts];
  return {
    embeddingId: on.id,
    prompts: refined,
    multimask,
    ...(previous?.lowResLogitsId ? { previous: previous.lowResLogitsId } : {}),
    ...(context ? { context } : {}),
  };
}

function masksOf({ masks, presence, lowResLogitsId }: MaskResponse, on: Embedding): Masks {
  const [best, ...rest] = masks.map(
    ({ rle, predictedIou, stabilityScore }, index): SegmentMask => ({
      ...decodeRle(rle),
      predictedIou,
      stabilityScore,
      lowResLogits: new Float32Array(0),
      backend: "server",
      on,
      ...(presence === undefined ? {} : { presence }),
      ...(index === 0 && lowResLogitsId ? { lowResLogitsId } : {}),
    }),
  );
  if (!best) throw new RangeError("The server gave no mask.");
  return [best, ...rest];
}
