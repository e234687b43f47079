import { z } from "zod";
import { SegmenterError } from "../../core/errors.ts";
import { Digest, Plane, Transform, Window } from "../../core/wire/index.ts";

/** From what an embedding was made and where it lies: enough to decode it from its id alone. */
const EmbeddingContext = z.strictObject({
  imageId: Digest,
  plane: Plane,
  slice: z.int().nonnegative(),
  /** `null` for colour. */
  window: Window.nullable(),
  transform: Transform,
  /** Of the slice, in pixels. */
  width: z.int().positive(),
  height: z.int().positive(),
  spacingMm: z.tuple([z.number(), z.number()]).nullable(),
  model: z.string(),
  /** Of the encoder graph. */
  modelDigest: Digest,
});
export type EmbeddingContext = z.infer<typeof EmbeddingContext>;

/** An embedding with what it was made from. */
export interface OnSlice extends EmbeddingContext {
  readonly id: EmbeddingContext["imageId"];
}

/** As safetensors metadata, which knows only strings: each value as JSON, texts as they are. */
export function writeContext(context: EmbeddingContext): Record<string, string> {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, text(value)]));
}

const TEXTS: ReadonlySet<string> = new Set(["imageId", "plane", "model", "modelDigest"]);

/** The inverse of `writeContext`. Throws MalformedFile. */
export function readContext(metadata: Readonly<Record<string, string>>): EmbeddingContext {
  const values = Object.entries(metadata).map(([name, text]) => [name, TEXTS.has(name) ? text : parseJson(text)]);
  const parsed = EmbeddingContext.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") ?? "metadata";
  throw new SegmenterError("MalformedFile", { format: "embedding", field, reason: "does not describe an embedding" });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
