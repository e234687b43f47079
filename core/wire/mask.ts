import { z } from "zod";
import { Digest, PixelBox, Rle } from "./common.ts";
import { Crop, EmbeddingRequest } from "./embedding.ts";
import { Prompt, PromptContext } from "./prompt.ts";
import { NameGuess } from "./text.ts";

const Prompts = z.array(Prompt).min(1).max(512);

export const Zoom = z
  .enum(["auto", "always", "never"])
  .default("auto")
  .describe(
    "auto: a small segment is answered from a crop around it, encoded anew; always: also one that a name alone has found, by its box; never: from what was named",
  );
export type Zoom = z.infer<typeof Zoom>;

const Classify = z.boolean().optional().describe("also what the best mask may be called");

/** Names an embedding, or the slice to embed. `previous` is a `lowResLogitsId` of an earlier answer: refinement. */
export const MaskRequest = z.strictObject({
  embeddingId: Digest.optional(),
  imageId: Digest.optional(),
  ...EmbeddingRequest.partial().shape,
  prompts: Prompts,
  multimask: z.boolean().default(false),
  zoom: Zoom,
  previous: Digest.optional(),
  classify: Classify,
  context: PromptContext.optional(),
});
export type MaskRequest = z.infer<typeof MaskRequest>;

/** The JSON part of `/v1/segment`; the file is the other part. */
export const SegmentRequest = z.strictObject({
  ...EmbeddingRequest.partial().shape,
  prompts: Prompts,
  multimask: z.boolean().default(false),
  zoom: Zoom,
  classify: Classify,
  context: PromptContext.optional(),
});
export type SegmentRequest = z.infer<typeof SegmentRequest>;

export const MaskResult = z.strictObject({
  rle: Rle,
  predictedIou: z.number(),
  stabilityScore: z.number(),
  bbox: PixelBox.nullable().describe("corners included; null for an empty mask"),
  area: z.int().nonnegative().describe("pixels"),
  areaMm2: z.number().nonnegative().optional(),
  lowResLogitsId: Digest.describe("send as `previous` to refine this mask"),
});
export type MaskResult = z.infer<typeof MaskResult>;

export const MaskResponse = z.strictObject({
  embeddingId: Digest.describe("of the embedding that answered"),
  imageId: Digest,
  crop: Crop.optional().describe("the part of the slice that answered; absent for the whole slice"),
  masks: z.array(MaskResult).min(1).describe("best predicted IoU first"),
  presence: z.number().min(0).max(1).optional().describe("only with a text prompt: is the named structure there"),
  names: z.array(NameGuess).optional().describe("only where it was asked to classify: of the best mask, best first"),
  lowResLogitsId: Digest.describe("of the first mask; send as `previous` to refine"),
  notice: z.string().describe("research use, not for diagnosis"),
});
export type MaskResponse = z.infer<typeof MaskResponse>;
