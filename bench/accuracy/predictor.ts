/** A model as the product runs it: verified graphs, shipped preprocessing, one decode path. */

import { asFloat32, decodeEmbedding, encodeEmbedding } from "../../core/embedding/file.ts";
import type { Slice, Window } from "../../core/image/volume.ts";
import type { Mask } from "../../core/mask/mask.ts";
import type { Decoder, Prepared } from "../../core/model/decoder.ts";
import { logitsToMask } from "../../core/model/logits.ts";
import { modelInput } from "../../core/model/preprocess.ts";
import { float32, type Tensor } from "../../core/tensor/session.ts";
import type { Transform } from "../../core/wire/embedding.ts";
import type { Prompt, PromptKind } from "../../core/wire/prompt.ts";
import { openDecoder, openEncoder } from "../../server/inference/graphs.ts";
import type { Model } from "../../server/models/registry.ts";

type Embedding = Readonly<Record<string, Tensor>>;

/** What transport does to an embedding: nothing, the product's eight bits, or four bits. */
export const WIRES = {
  f32: (embedding) => embedding,
  i8: (embedding) => decodeEmbedding(encodeEmbedding(embedding, "i8")).tensors,
  i4: (embedding) => mapTensors(embedding, (tensor) => rounded(tensor, 16)),
} as const satisfies Record<string, (embedding: Embedding) => Embedding>;
export type WireName = keyof typeof WIRES;

export interface Answer {
  readonly mask: Mask;
  /** 0 to 1. */
  readonly predictedIou: number;
  readonly logits: Float32Array;
  /** Of the structure that a text names, 0 to 1. */
  readonly presence?: number | undefined;
  /** The mask as it is served: empty when a text names what is held to be absent. */
  readonly served: Mask;
}

/** One slice behind one wire. */
export interface View {
  ask(prompts: readonly Prompt[], previous?: Float32Array): Promise<Answer>;
}

export interface Predictor {
  readonly id: string;
  takes(kind: PromptKind): boolean;
  /** Encodes once, then prepares the slice for each wire. */
  see(shown: Shown, wires: readonly WireName[]): Promise<Map<WireName, View>>;
  release(): Promise<void>;
}

export interface Shown {
  readonly slice: Slice;
  readonly window: Window | null;
  readonly modality: string;
}

/** Opens a model on the CPU. `threads` 0 leaves their number to ONNX Runtime. */
export async function createPredictor(model: Model, { threads = 0 } = {}): Promise<Predictor> {
  const { manifest } = model;
  const place = { provider: "cpu", threads } as const;
  const encoder = await openEncoder(model, place);
  const decoder = await openDecoder(model, place);
  return {
    id: model.id,
    takes: (kind) => manifest.prompts.includes(kind),
    async see({ slice, window, modality }, wires) {
      const { image, transform } = modelInput(slice, { window, input: manifest.input });
      const embedding = await encoder.encode(image);
      const views = new Map<WireName, View>();
      for (const wire of wires) {
        const prepared = await decoder.prepare({ embedding: WIRES[wire](embedding), image });
        const threshold = manifest.logits.threshold;
        views.set(wire, viewOf(decoder, prepared, { slice, transform, modality, threshold }));
      }
      return views;
    },
    async release() {
      await Promise.all([encoder.release(), decoder.release()]);
    },
  };
}

interface Scene {
  readonly slice: Slice;
  readonly transform: Transform;
  readonly modality: string;
  readonly threshold: number;
}

function viewOf(decoder: Decoder, prepared: Prepared, { slice, transform, modality, threshold }: Scene): View {
  const { width, height } = slice;
  return {
    async ask(prompts, previous) {
      const request = { prompts, transform, width, height, previous, context: { modality } };
      const { masks, presence } = await decoder.decode(prepared, request);
      const [served] = masks;
      const mask = logitsToMask(served.lowResLogits, transform, { width, height }, threshold);
      return { mask, served, presence, predictedIou: served.predictedIou, logits: served.lowResLogits };
    },
  };
}

const mapTensors = (embedding: Embedding, change: (tensor: Tensor) => Tensor): Embedding =>
  Object.fromEntries(Object.entries(embedding).map(([name, tensor]) => [name, change(tensor)]));

/** Values `[1, C, …]` rounded to so many evenly spaced levels from the least to the greatest of their channel. */
function rounded(tensor: Tensor, levels: number): Tensor {
  const values = asFloat32(tensor);
  const length = values.length / (tensor.dims[1] ?? 1);
  const out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += length) {
    const channel = values.subarray(start, start + length);
    const low = channel.reduce((a, b) => Math.min(a, b));
    const step = (channel.reduce((a, b) => Math.max(a, b)) - low) / (levels - 1);
    for (let n = 0; n < length; n++)
      out[start + n] = step > 0 ? low + Math.round((channel[n] - low) / step) * step : low;
  }
  return float32(out, tensor.dims);
}
