/** What an inference child is set up with, asked and answers. All of it survives structured clone. */

import type { Digest } from "../../core/digest.ts";
import type { Slice, Window } from "../../core/image/volume.ts";
import type { Heat } from "../../core/model/heat-map.ts";
import type { Tensor } from "../../core/tensor/session.ts";
import type { Crop, MaskResult, Prompt, PromptContext, Transform } from "../../core/wire/index.ts";
import type { GraphName, Model } from "../models/registry.ts";
import type { EngineAt } from "./oip.ts";

/** ONNX Runtime's execution providers that we know how to use. */
export type Provider = "cpu" | "webgpu" | "cuda";

export interface ChildSetup {
  readonly models: readonly Model[];
  readonly provider: Provider;
  /** An engine elsewhere that runs the encoder. */
  readonly remote?: EngineAt | undefined;
  /** Intra-op threads of each session. */
  readonly threads: number;
  /** Graphs of the first model that are loaded before the child says that it is ready. */
  readonly preload: readonly GraphName[];
  /** Slices whose prepared tensors a decode child keeps. */
  readonly preparedSlices: number;
}

export interface EncodeTask {
  readonly kind: "encode";
  readonly modelId: string;
  readonly slice: Slice;
  /** `null` for colour. */
  readonly window: Window | null;
  readonly crop?: Crop | undefined;
}

/** The encoder on what somebody else has preprocessed. */
export interface InferTask {
  readonly kind: "infer";
  readonly modelId: string;
  /** `[3, S, S]` of `modelInput`. */
  readonly image: Float32Array;
}

export interface InferResult {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Preprocessing and run inside the child. */
  readonly ms: number;
}

export interface EncodeResult extends InferResult {
  readonly transform: Transform;
}

/** What a child needs once per embedding. */
export interface DecodeSource {
  /** An embedding file, any wire type. */
  readonly embedding: Uint8Array;
  /** Absent where the model's decoder needs no pixels. */
  readonly slice?: Slice | undefined;
}

export interface DecodeTask {
  readonly kind: "decode";
  readonly modelId: string;
  readonly embeddingId: Digest;
  /** Of the slice, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly window: Window | null;
  readonly transform: Transform;
  readonly prompts: readonly Prompt[];
  readonly multimask: boolean;
  /** Low-resolution logits of an earlier answer. */
  readonly previous?: Float32Array | undefined;
  readonly context?: PromptContext | undefined;
  readonly source?: DecodeSource;
}

export interface DecodedMask extends Omit<MaskResult, "areaMm2" | "lowResLogitsId"> {
  readonly lowResLogits: Float32Array;
}

export interface DecodeResult {
  /** Best predicted IoU first, never empty. */
  readonly masks: readonly [best: DecodedMask, ...rest: DecodedMask[]];
  readonly presence?: number;
  readonly ms: number;
}

/** Where a phrase may be on a slice. */
export interface HeatMapTask {
  readonly kind: "heat-map";
  readonly modelId: string;
  readonly slice: Slice;
  readonly window: Window | null;
  readonly text: string;
}

export interface HeatMapResult extends Heat {
  readonly ms: number;
}

/** Tries providers on the first model's encoder, in this order. */
export interface ProbeTask {
  readonly kind: "probe";
  readonly candidates: readonly Provider[];
  /** False takes the first that works, true the first that also beats the CPU. */
  readonly mustWin: boolean;
}

export interface ProbeResult {
  readonly provider: Provider;
  readonly reason: string;
}

export type Task = EncodeTask | InferTask | DecodeTask | HeatMapTask | ProbeTask;
/** `missing`: the child does not hold this embedding; send the task again with its source. */
export type TaskResult = EncodeResult | InferResult | DecodeResult | HeatMapResult | ProbeResult | "missing";
