/** What a page says to the viewer in its frame. The answers are typed in `client/frame`; they come from code of ours. */
import { z } from "zod";
import { Digest, Plane } from "./common.ts";
import { Prompt } from "./prompt.ts";

export const FRAME_NAMESPACE = "promptomy";
export const FRAME_VERSION = 1;

const envelope = {
  ns: z.literal(FRAME_NAMESPACE),
  v: z.literal(FRAME_VERSION),
  /** Chosen by whoever asks; an answer repeats it. */
  id: z.string().min(1).max(64),
};

/** The only message that goes from window to window; everything after it takes the port of the answer. */
export const FrameHello = z.strictObject({
  ...envelope,
  type: z.literal("hello"),
  payload: z.strictObject({ nonce: z.string().min(16).max(64) }),
});

const Uid = z.string().regex(/^[0-9.]{1,64}$/);

export const FrameRequest = z.discriminatedUnion("type", [
  z.strictObject({ ...envelope, type: z.literal("load"), payload: z.strictObject({ imageId: Digest }) }),
  z.strictObject({
    ...envelope,
    type: z.literal("loadFiles"),
    payload: z.strictObject({ files: z.array(z.unknown()).min(1).max(10_000).describe("of the browser's type File") }),
  }),
  z.strictObject({
    ...envelope,
    type: z.literal("loadStudy"),
    payload: z.strictObject({ study: Uid, series: Uid.optional() }),
  }),
  z.strictObject({
    ...envelope,
    type: z.literal("setPrompt"),
    payload: z.strictObject({
      prompts: z.array(Prompt).min(1).max(256),
      at: z.strictObject({ plane: Plane, slice: z.int().nonnegative() }).optional(),
    }),
  }),
  z.strictObject({
    ...envelope,
    type: z.literal("getMask"),
    payload: z.strictObject({ format: z.string().min(1).max(32) }).describe("`rle`, or a format of the export"),
  }),
  z.strictObject({ ...envelope, type: z.literal("getStatus"), payload: z.strictObject({}) }),
]);
export type FrameRequest = z.infer<typeof FrameRequest>;
