import { z } from "zod";
import { Digest, Plane, Window } from "./common.ts";

/** Pixels of the slice, half-open: x0 ≤ x < x1. The crop is encoded at full input size: zoom for small segments. */
export const Crop = z.strictObject({
  x0: z.int().nonnegative(),
  y0: z.int().nonnegative(),
  x1: z.int().positive(),
  y1: z.int().positive(),
});
export type Crop = z.infer<typeof Crop>;

/** Slice pixel → model pixel: `(x − crop.x0 + 0.5)·scaleX − 0.5`. `width`, `height`: the valid part of the padded square. */
export const Transform = z.strictObject({
  crop: Crop,
  scaleX: z.number().positive(),
  scaleY: z.number().positive(),
  width: z.int().positive(),
  height: z.int().positive(),
  inputSize: z.int().positive(),
});
export type Transform = z.infer<typeof Transform>;

export const EmbeddingRequest = z.strictObject({
  plane: Plane.default("native"),
  slice: z.int().nonnegative().default(0),
  window: Window.optional(),
  crop: Crop.optional(),
  model: z.string().max(64).optional(),
});
export type EmbeddingRequest = z.infer<typeof EmbeddingRequest>;

export const EmbeddingInfo = z.strictObject({
  embeddingId: Digest,
  imageId: Digest,
  plane: Plane,
  slice: z.int().nonnegative(),
  model: z.string(),
  modelDigest: Digest.describe("of the encoder graph"),
  shape: z.array(z.int().positive()),
  transform: Transform,
  window: Window.nullable().describe("null for colour"),
  cached: z.boolean(),
});
export type EmbeddingInfo = z.infer<typeof EmbeddingInfo>;

export const PrefetchRequest = z.strictObject({
  plane: Plane.default("native"),
  around: z.int().nonnegative(),
  direction: z.union([z.literal(-1), z.literal(0), z.literal(1)]).default(0),
  count: z.int().min(1).max(64).default(4),
  window: Window.optional(),
  model: z.string().max(64).optional(),
});
export type PrefetchRequest = z.infer<typeof PrefetchRequest>;
