/** A contract is the signature of a model's ONNX graphs: what they call things, and in which shapes (`docs/models.md`). */

import { SegmenterError } from "../../errors.ts";
import type { PromptFeeds } from "../../prompt/sam.ts";
import type { Feeds, Session, Tensor } from "../../tensor/session.ts";
import type { Manifest } from "../../wire/manifest.ts";
import type { PromptKind } from "../../wire/prompt.ts";

/** A decoder's answer before anything is chosen from it. */
export interface RawMasks {
  /** `[M, size, size]`. */
  readonly logits: Float32Array;
  readonly size: number;
  /** `[M]` predicted IoU. */
  readonly ious: Float32Array;
  /** 0 to 1. */
  readonly presence?: number;
}

/** What a graph may take beside the prompt. */
export interface Extras {
  /** `[1, T, C]`. */
  readonly text: Tensor | undefined;
  /** `[1, contexts]`, one-hot. */
  readonly context: Tensor | undefined;
}

export interface Contract {
  /** Kinds of which one foreground prompt alone has several answers; SAM's is the point. */
  readonly ambiguous?: readonly PromptKind[];
  takes(kind: PromptKind): boolean;
  /** What depends on the slice alone, by the decoder's input names. */
  prepare(embedding: Readonly<Record<string, Tensor>>, image?: Float32Array): Promise<Feeds>;
  feeds(prepared: Feeds, prompt: PromptFeeds, extras: Extras): Feeds;
  read(outputs: Readonly<Record<string, Tensor>>): RawMasks;
}

export interface ContractGraphs {
  readonly manifest: Manifest;
  readonly decoder: Session;
  readonly prepare: Session | undefined;
}

/** The embedding's tensors under the names that the decoder takes; a single tensor fits whatever it is called. */
export function embeddingFeeds(embedding: Readonly<Record<string, Tensor>>, { inputNames }: Session): Feeds {
  const entries = Object.entries(embedding);
  const [single] = entries;
  if (entries.length === 1 && inputNames.includes("image_embeddings")) return { image_embeddings: single[1] };
  return Object.fromEntries(entries.filter(([name]) => inputNames.includes(name)));
}

/** The first of `names` among the outputs as float32 data. Throws EncoderOutputInvalid when there is none. */
export function output(outputs: Readonly<Record<string, Tensor>>, names: readonly string[]) {
  const found = names.map((name) => outputs[name]).find((tensor) => tensor?.data instanceof Float32Array);
  if (found?.data instanceof Float32Array) return { data: found.data, dims: found.dims };
  throw new SegmenterError("EncoderOutputInvalid", {
    reason: `The decoder gave no float32 output ${names.join(" or ")}.`,
  });
}

/** `[…, M, L, L]` logits and `[…, M]` scores of one prompt. Throws EncoderOutputInvalid for other shapes. */
export function rawMasks(
  { data: logits, dims }: { data: Float32Array; dims: readonly number[] },
  ious: Float32Array,
  { logits: { size } }: Manifest,
): RawMasks {
  const [rows, columns] = dims.slice(-2);
  if (rows !== size || columns !== size || logits.length !== ious.length * size * size) {
    const reason = `Expected ${ious.length} masks of ${size}×${size} logits, got [${dims.join(", ")}].`;
    throw new SegmenterError("EncoderOutputInvalid", { reason });
  }
  return { logits, size, ious };
}

/** Points as SAM names them, and the previous logits where the graph takes them. */
export function pointFeeds(
  { pointCoords, pointLabels, maskInput, hasMaskInput }: PromptFeeds,
  { inputNames }: Session,
  { logits: { size } }: Manifest,
): Feeds {
  const count = pointLabels.length;
  const takesMask = inputNames.includes("mask_input");
  return {
    point_coords: { type: "float32", data: pointCoords, dims: [1, count, 2] },
    point_labels: { type: "float32", data: pointLabels, dims: [1, count] },
    ...(takesMask ? { mask_input: { type: "float32", data: maskInput, dims: [1, 1, size, size] } } : {}),
    ...(inputNames.includes("has_mask_input")
      ? { has_mask_input: { type: "float32", data: Float32Array.of(hasMaskInput ? 1 : 0), dims: [1] } }
      : {}),
  };
}
