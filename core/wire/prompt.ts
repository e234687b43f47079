import { z } from "zod";
import { PixelBox, Rle } from "./common.ts";
import { StructureKind } from "./text.ts";

export const PointLabel = z.enum(["foreground", "background"]);
export type PointLabel = z.infer<typeof PointLabel>;

const Vertex = z.tuple([z.number(), z.number()]);

export const Point = z.strictObject({ kind: z.literal("point"), x: z.number(), y: z.number(), label: PointLabel });
export const Box = z.strictObject({ kind: z.literal("box"), ...PixelBox.shape });
export const Scribble = z.strictObject({
  kind: z.literal("scribble"),
  points: z.array(Vertex).min(1).max(8192),
  label: PointLabel,
});
export const Lasso = z.strictObject({
  kind: z.literal("lasso"),
  points: z.array(Vertex).min(3).max(8192),
  label: PointLabel,
});
export const MaskPrompt = z.strictObject({ kind: z.literal("mask"), rle: Rle });
/** The line a·x + b·y + c = 0 of a slice, in pixels. */
export const Line = z.tuple([z.number(), z.number(), z.number()]);
export type Line = z.infer<typeof Line>;

export const Text = z.strictObject({
  kind: z.literal("text"),
  text: z.string().min(1).max(512),
  beyond: Line.optional().describe("only what lies where a·x + b·y + c > 0; a side that the text names sets it"),
});

/** What a user says about one segment. Prompts combine; coordinates are pixels of the slice, integer = pixel centre. */
export const Prompt = z.discriminatedUnion("kind", [Point, Box, Scribble, Lasso, MaskPrompt, Text]);
export type Prompt = z.infer<typeof Prompt>;
export type PromptKind = Prompt["kind"];

/** What is known of an image beside its pixels. What is left out is what the file says of it. */
export const PromptContext = z.strictObject({
  modality: z.string().max(64).optional().describe("DICOM code or a word of the vocabulary"),
  bodyPart: z
    .string()
    .max(64)
    .optional()
    .describe(
      "a region of the vocabulary, where names are looked for that nobody said; another word, `all`, for everywhere",
    ),
  task: StructureKind.optional().describe("what is looked for; no file says it"),
});
export type PromptContext = z.infer<typeof PromptContext>;
