import { z } from "zod";
import { Digest, PixelBox, Rle } from "./common.ts";
import { EmbeddingRequest } from "./embedding.ts";
import { Context, Prompt } from "./prompt.ts";

const Prompts = z.array(Prompt).min(1).max(512);

/** Names an embedding, or the slice to embed. `previous` is a `lowResLogitsId` of an earlier answer: refinement. */
export const MaskRequest = z.strictObject({
  embeddingId: Digest.optional(),
  imageId: Digest.optional(),
  ...EmbeddingRequest.partial().shape,
  prompts: Prompts,
  multimask: z.boolean().default(false),
  previous: Digest.optional(),
  context: Context.optional(),
});
export type MaskRequest = z.infer<typeof MaskRequest>;

/** The JSON part of `/v1/segment`; the file is the other part. */
export const SegmentRequest = z.strictObject({
  ...EmbeddingRequest.partial().shape,
  prompts: Prompts,
  multimask: z.boolean().default(false),
  context: Context.optional(),
});
export type SegmentRequest = z.infer<typeof SegmentRequest>;

export const MaskResult = z.strictObject({
  rle: Rle,
  predictedIou: z.number(),
  stabilityScore: z.number(),
  bbox: PixelBox.nullable().describe("corners included; null for an empty mask"),
  area: z.int().nonnegative().describe("pixels"),
  areaMm2: z.number().nonnegative().optional(),
});
export type MaskResult = z.infer<typeof MaskResult>;

export const MaskResponse = z.strictObject({
  embeddingId: Digest,
  imageId: Digest,
  masks: z.array(MaskResult).min(1).describe("best predicted IoU first"),
  presence: z.number().min(0).max(1).optional().describe("only with a text prompt: is the named structure there"),
  lowResLogitsId: Digest.optional().describe("of the first mask; send as `previous` to refine"),
  notice: z.string().describe("research use, not for diagnosis"),
});
export type MaskResponse = z.infer<typeof MaskResponse>;
