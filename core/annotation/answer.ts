/**
 * The one way from prompts to a mask, whichever door they came through: texts get their names once, a segment that turns
 * out small is looked at again from a crop around it, later prompts refine the answer before them, and what cannot be
 * meant is settled here. Who can name, encode and decode is a port; the browser's decoders and the server's pool are two.
 */
import { isSegmenterError } from "../errors.ts";
import { logitsIn } from "../model/logits.ts";
import type { Stack } from "../model/sides.ts";
import { cropAround, cropHolds } from "../model/zoom.ts";
import { isWholeCrop } from "../prompt/space.ts";
import { namedPrompt } from "../text/naming.ts";
import type { PixelBox } from "../wire/common.ts";
import type { Crop, Transform } from "../wire/embedding.ts";
import type { Zoom } from "../wire/mask.ts";
import type { Prompt } from "../wire/prompt.ts";
import type { TextPromptAnswer } from "../wire/text.ts";
import { agreesWith } from "./agreement.ts";
import { tidyPrompts } from "./tidy.ts";

/** A slice that is encoded. */
export interface Encoded {
  readonly id: string;
  readonly imageId: string;
  readonly plane: string;
  readonly slice: number;
  readonly model: string;
  readonly transform: Transform;
  /** Of the slice, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** What an answer needs to know of a decoded mask. */
export interface Guess {
  readonly predictedIou: number;
  /** Logits `[L, L]` in the frame of the embedding that was decoded; empty where they stayed elsewhere. */
  readonly lowResLogits: Float32Array;
}

export type Guesses<M> = readonly [best: M, ...rest: M[]];

/** What the vocabulary makes of a text, and how the slice lies in the patient, for names that say a side. */
export interface Named {
  readonly answer: TextPromptAnswer;
  readonly stack: Stack | undefined;
}

export interface DecodeOptions {
  readonly multimask: boolean;
  /** Logits of the mask to be refined, of the same embedding. */
  readonly previous?: Float32Array;
}

/** Who answers: one implementation a door. */
export interface AnswerPort<E extends Encoded, M extends Guess> {
  /** Logits of the model above it are inside. */
  readonly threshold: number;
  /** `undefined` when the model reads no texts: it refuses them itself. */
  name(text: string, on: E): Promise<Named | undefined>;
  /** A part of the same slice, encoded at full input size. */
  embed(on: E, crop: Crop): Promise<E>;
  decode(on: E, prompts: readonly Prompt[], options: DecodeOptions): Promise<{ masks: Guesses<M>; presence?: number }>;
  /** Smallest box around a mask; `null` for an empty one. */
  boundsOf(mask: M): PixelBox | null;
}

export interface AnswerRequest<E, M> {
  readonly prompts: readonly Prompt[];
  /** Three candidates for an ambiguous prompt. */
  readonly multimask?: boolean;
  /** `auto`: a small segment is answered from a crop around it; `always`: also one that a name alone has found, by its box. */
  readonly zoom?: Zoom;
  /** An earlier answer on the same slice, to refine. */
  readonly previous?: { readonly on: E; readonly mask: M } | undefined;
}

export interface Answer<E, M> {
  /** The embedding that answered: the one that was asked, or a closer one of a small segment. */
  readonly on: E;
  /** Best first. */
  readonly masks: Guesses<M>;
  /** 0 to 1, with a text: is the named structure on the slice. */
  readonly presence?: number;
}

/**
 * How much more one answer must promise than another (predicted IoU, measured on `val`): a new one than the mask that the user
 * has just agreed with, and the whole slice than the closer look.
 */
const SURER = { thanAgreed: 0.3, thanCloser: 0.1 };

/**
 * Masks for the prompts of one segment on one slice. Rejects with InvalidPrompt, UnknownTerm, UnsupportedPrompt and with
 * whatever the port rejects with.
 */
export async function answer<E extends Encoded, M extends Guess>(
  port: AnswerPort<E, M>,
  on: E,
  request: AnswerRequest<E, M>,
): Promise<Answer<E, M>> {
  const previous = usable(port, on, request);
  const prompts = await namedPrompts(port, on, tidyPrompts(request.prompts, on));
  return settled(port, await decoded(port, on, { ...request, prompts, previous }), request, previous);
}

/** From the whole slice, or from a closer look at what that has found. */
async function decoded<E extends Encoded, M extends Guess>(
  port: AnswerPort<E, M>,
  on: E,
  { prompts, previous, zoom = "auto", multimask = false }: AnswerRequest<E, M>,
): Promise<Answer<E, M>> {
  if (previous && previous.on.id !== on.id) return decodeOn(port, previous.on, prompts, { multimask, previous });
  const whole = await decodeOn(port, on, prompts, { multimask, previous });
  const bounds = port.boundsOf(whole.masks[0]);
  if (!bounds || zoom === "never" || !isWholeCrop(on.transform.crop, on)) return whole;
  const asked = zoom === "always" ? boxFor(prompts, bounds) : prompts;
  const crop = cropAround({ ...sizeOf(on), bounds }, asked);
  const near = crop && (await port.embed(on, crop).catch(leaveIt));
  if (!near) return whole;
  const closer = await decodeOn(port, near, asked, { multimask, previous: seenFrom(near, whole) });
  if (zoom === "auto" && surer(whole, closer)) return whole;
  const { presence } = whole;
  return { ...(presence === undefined ? {} : { presence }), ...closer };
}

/** The best mask in the frame of a crop: what the closer look goes on from, for the crop alone does not show what it is a part of. */
const seenFrom = <E extends Encoded, M extends Guess>(
  near: E,
  { on, masks: [best] }: Answer<E, M>,
): Previous<E, M> => ({
  on: near,
  mask: { ...best, lowResLogits: logitsIn(best.lowResLogits, on.transform, near.transform) },
});

/** A closer look that promises much less than the whole slice shows a part without what it belongs to (measured on `val`). */
const surer = <E, M extends Guess>({ masks: [one] }: Answer<E, M>, { masks: [other] }: Answer<E, M>): boolean =>
  one.predictedIou > other.predictedIou + SURER.thanCloser;

/** What a name alone has found on the whole slice, as a box: near, a name was measured to say less than the box (`val`). */
const boxFor = (prompts: readonly Prompt[], bounds: PixelBox): readonly Prompt[] =>
  prompts.every(({ kind }) => kind === "text") ? [{ kind: "box", ...bounds }] : prompts;

const sizeOf = ({ width, height }: Encoded) => ({ width, height });

/** The closer look is a favour: a server that cannot give it leaves the answer there was. Other failures are failures. */
function leaveIt(thrown: unknown): undefined {
  if (isSegmenterError(thrown) && thrown.code !== "Cancelled") return undefined;
  throw thrown;
}

interface Previous<E, M> {
  readonly on: E;
  readonly mask: M;
}

/** The earlier answer, when it is of this embedding, or of a part of the slice that holds the prompts; an empty one says nothing. */
function usable<E extends Encoded, M extends Guess>(
  { boundsOf }: AnswerPort<E, M>,
  on: E,
  { previous, prompts }: AnswerRequest<E, M>,
): Previous<E, M> | undefined {
  if (!previous || !boundsOf(previous.mask)) return undefined;
  if (previous.on.id === on.id) return previous;
  const near = previous.on;
  return isPartOf(near, on) && cropHolds(near.transform.crop, prompts) ? previous : undefined;
}

async function decodeOn<E extends Encoded, M extends Guess>(
  port: AnswerPort<E, M>,
  on: E,
  prompts: readonly Prompt[],
  { multimask, previous }: { multimask: boolean; previous?: Previous<E, M> | undefined },
): Promise<Answer<E, M>> {
  const logits = previous && previous.mask.lowResLogits.length > 0 ? { previous: previous.mask.lowResLogits } : {};
  return { on, ...(await port.decode(on, prompts, { multimask, ...logits })) };
}

/** A prompt that the mask already obeys leaves it as it is, unless the model is a good deal surer of another one. */
function settled<E extends Encoded, M extends Guess>(
  { boundsOf, threshold }: AnswerPort<E, M>,
  found: Answer<E, M>,
  { prompts }: AnswerRequest<E, M>,
  previous: Previous<E, M> | undefined,
): Answer<E, M> {
  if (!previous || !boundsOf(previous.mask)) return found;
  const { on, mask } = previous;
  if (!agreesWith(prompts, mask.lowResLogits, { transform: on.transform, threshold })) return found;
  return found.masks[0].predictedIou >= mask.predictedIou + SURER.thanAgreed ? found : { ...found, on, masks: [mask] };
}

async function namedPrompts<E extends Encoded, M extends Guess>(
  port: AnswerPort<E, M>,
  on: E,
  prompts: readonly Prompt[],
): Promise<readonly Prompt[]> {
  return Promise.all(
    prompts.map(async (prompt) => {
      if (prompt.kind !== "text") return prompt;
      const named = await port.name(prompt.text, on);
      return named ? namedPrompt(prompt, named.answer, { stack: named.stack, slice: on.slice }) : prompt;
    }),
  );
}

const isPartOf = (near: Encoded, on: Encoded) =>
  near.imageId === on.imageId && near.plane === on.plane && near.slice === on.slice && near.model === on.model;
