import { z } from "zod";
import { Digest } from "./common.ts";

const Shape = z.array(z.union([z.int().nonnegative(), z.string()]));
const TensorInfo = z.strictObject({
  type: z.enum(["float32", "float16", "int64", "int32", "uint8", "bool"]),
  shape: Shape,
});

/** A file named by its content. Hub models whose digest nobody has recorded yet carry neither; see `models pull`. */
export const Weights = z.strictObject({
  path: z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/),
  bytes: z.int().positive().optional(),
  digest: Digest.optional(),
});

export const Graph = z.strictObject({
  ...Weights.shape,
  inputs: z.record(z.string(), TensorInfo).optional(),
  outputs: z.record(z.string(), TensorInfo).optional(),
});
export type Graph = z.infer<typeof Graph>;

/** How pixels become the `image` tensor: longest side to `size`, (x − mean) / std on 0…255, then zero padding right and below. */
export const InputSpec = z.strictObject({
  size: z.int().positive(),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  std: z.tuple([z.number(), z.number(), z.number()]),
  resize: z.enum(["longest-side", "stretch"]),
  pad: z.enum(["bottom-right", "none"]),
});
export type InputSpec = z.infer<typeof InputSpec>;

/** How texts become the ids that a text encoder of the CLIP or BERT family takes. */
export const TextSpec = z.strictObject({
  tokenizer: Weights.describe("`tokenizer.json` as the model hub has it"),
  mostTokens: z.int().min(2).max(4096).default(77).describe("longer texts are cut, their end mark kept"),
  template: z
    .string()
    .max(256)
    .regex(/\{\}/)
    .default("{}")
    .describe("what stands around a text, such as `a photo of a {}.`"),
  vocabulary: z
    .enum(["shared", "none"])
    .default("shared")
    .describe("shared: texts are names that our vocabulary knows; none: the encoder reads whatever was said"),
});
export type TextSpec = z.infer<typeof TextSpec>;

/** A model is data: code never names one. */
export const Manifest = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  version: z.string(),
  name: z.string(),
  licence: z.string(),
  intendedUse: z.string(),
  modalities: z.array(z.string()),
  source: z.string().optional().describe("hub repository, owner/name, that `models pull` reads"),
  revision: z.string().optional(),
  /** Which ONNX signature the graphs follow (`docs/models.md`). */
  contract: z.enum(["promptomy", "meta", "transformers.js"]).default("promptomy"),
  input: InputSpec,
  embedding: z.strictObject({ shape: z.array(z.int().positive()), wire: z.enum(["f32", "f16", "i8"]) }),
  logits: z.strictObject({ size: z.int().positive(), threshold: z.number() }),
  prompts: z.array(z.enum(["point", "box", "scribble", "lasso", "mask", "text"])),
  contexts: z.array(z.string()).optional(),
  graphs: z.strictObject({
    encoder: Graph,
    prepare: Graph.optional(),
    decoder: Graph,
    textEncoder: Graph.optional(),
    heatMap: Graph.optional().describe("where a phrase may be on a slice, as CLIPSeg says it"),
  }),
  text: TextSpec.optional().describe("of a text encoder that is not our own"),
  heatMap: z
    .strictObject({
      input: InputSpec,
      text: TextSpec.omit({ vocabulary: true }),
      threshold: z.number().min(0).max(1).default(0.5).describe("chance from which on a place counts"),
    })
    .optional(),
  golden: Weights.optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/** A tensor by name, as the Open Inference Protocol v2 describes it; -1 is any length. Others add fields of their own. */
export const EngineTensor = z.object({ name: z.string(), shape: z.array(z.int()), datatype: z.string() });

/** What an engine says of a model. */
export const EngineModel = z.object({
  name: z.string(),
  versions: z.array(z.string()).optional(),
  platform: z.string().optional(),
  inputs: z.array(EngineTensor).min(1),
  outputs: z.array(EngineTensor).min(1),
});
export type EngineModel = z.infer<typeof EngineModel>;
