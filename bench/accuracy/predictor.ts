/** A model as the product runs it: verified graphs, shipped preprocessing, the one way from prompts to masks. */

import { type AnswerPort, answer, type Encoded } from "../../core/annotation/answer.ts";
import { asFloat32, decodeEmbedding, encodeEmbedding } from "../../core/embedding/file.ts";
import type { Slice, Window } from "../../core/image/volume.ts";
import { type Mask, maskBounds, type ScoredMask } from "../../core/mask/mask.ts";
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
  /** Of the structure that a text names, 0 to 1. */
  readonly presence?: number | undefined;
  /** The mask as it is served: empty when a text names what is held to be absent. */
  readonly served: Mask;
  /** All candidates of an ambiguous prompt, where they were asked for; else the mask alone. */
  readonly candidates: readonly Mask[];
  /** What a later answer refines. */
  readonly kept: { readonly on: Shot; readonly mask: ScoredMask };
}

export interface AskOptions {
  readonly previous?: Answer;
  readonly multimask?: boolean;
}

/** One slice behind one wire. */
export interface View {
  ask(prompts: readonly Prompt[], options?: AskOptions): Promise<Answer>;
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

/** An encoded slice, or a part of it, ready to be asked. */
interface Shot extends Encoded {
  readonly prepared: Prepared;
}

/** Opens a model on the CPU. `threads` 0 leaves their number to ONNX Runtime; `zoom` answers small objects from a crop. */
export async function createPredictor(model: Model, { threads = 0, zoom = false } = {}): Promise<Predictor> {
  const { manifest } = model;
  const place = { provider: "cpu", threads } as const;
  const encoder = await openEncoder(model, place);
  const decoder = await openDecoder(model, place);
  const shots = { encoder, decoder, model };
  return {
    id: model.id,
    takes: (kind) => manifest.prompts.includes(kind),
    async see(shown, wires) {
      const { image, transform } = modelInput(shown.slice, { window: shown.window, input: manifest.input });
      const embedding = await encoder.encode(image);
      const views = new Map<WireName, View>();
      for (const wire of wires) {
        const prepared = await decoder.prepare({ embedding: WIRES[wire](embedding), image });
        views.set(wire, viewOf({ ...shots, shown, wire }, shotOf(shown, model, { prepared, transform }), zoom));
      }
      return views;
    },
    async release() {
      await Promise.all([encoder.release(), decoder.release()]);
    },
  };
}

interface Scene {
  readonly encoder: Awaited<ReturnType<typeof openEncoder>>;
  readonly decoder: Decoder;
  readonly model: Model;
  readonly shown: Shown;
  readonly wire: WireName;
}

const shotOf = (
  { slice: { width, height } }: Shown,
  { id: model }: Model,
  { prepared, transform }: { prepared: Prepared; transform: Transform },
): Shot => {
  const { crop } = transform;
  const id = `${crop.x0},${crop.y0},${crop.x1},${crop.y1}`;
  return { id, imageId: "", plane: "native", slice: 0, model, transform, width, height, prepared };
};

/** The product's one way from prompts to masks; a text is asked as it stands, for it is a name of the data set. */
function portOf({ encoder, decoder, model, shown, wire }: Scene): AnswerPort<Shot, ScoredMask> {
  const { input, logits } = model.manifest;
  return {
    threshold: logits.threshold,
    name: async () => undefined,
    async embed(_, crop) {
      const { image, transform } = modelInput(shown.slice, { window: shown.window, crop, input });
      const embedding = WIRES[wire](await encoder.encode(image));
      return shotOf(shown, model, { prepared: await decoder.prepare({ embedding, image }), transform });
    },
    decode: ({ prepared, transform, width, height }, prompts, options) =>
      decoder.decode(prepared, {
        prompts,
        transform,
        width,
        height,
        ...options,
        context: { modality: shown.modality },
      }),
    boundsOf: maskBounds,
  };
}

function viewOf(scene: Scene, whole: Shot, zoom: boolean): View {
  const port = portOf(scene);
  return {
    async ask(prompts, { previous, multimask = false } = {}) {
      const request = { prompts, multimask, zoom: zoom ? "auto" : "never", previous: previous?.kept } as const;
      const { on, masks, presence } = await answer(port, whole, request);
      const [served] = masks;
      const mask = logitsToMask(served.lowResLogits, on.transform, on, port.threshold);
      return {
        mask,
        served,
        candidates: masks,
        presence,
        predictedIou: served.predictedIou,
        kept: { on, mask: served },
      };
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
