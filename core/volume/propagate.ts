/**
 * One segment through a stack of slices: the mask of a slice is the prompt of the next one, both ways from every slice
 * that a user has settled, until the structure ends. A mask alone makes a model repeat it; so what is asked is only the
 * part of it whose grey values the next slice still shows. Pure: who encodes and decodes is a port, as in `answer.ts`.
 */
import type { Slice } from "../image/volume.ts";
import { type Mask, maskArea, maskBounds, maskIou } from "../mask/mask.ts";
import { blend } from "../mask/morphology.ts";
import { cropAround } from "../model/zoom.ts";
import type { Crop } from "../wire/embedding.ts";
import type { Prompt } from "../wire/prompt.ts";
import { watchCertainty } from "./certainty.ts";
import { type GreyRange, greyRange, maskWithin } from "./greys.ts";
import { type MaskPrompts, maskPrompts } from "./mask-prompts.ts";
import { together } from "./together.ts";

/** A mask with the model's guess of its IoU. */
export interface Guessed {
  readonly mask: Mask;
  readonly predictedIou: number;
}

export interface StackPort {
  /** The best answer on slice k, from a crop where one is given, else zoom included; may be asked again before it has answered. */
  ask(k: number, prompts: readonly Prompt[], crop?: Crop): Promise<Guessed>;
  /** Stored values of slice k. */
  pixels(k: number): Promise<Slice>;
  /** Slice k will be asked next, unless the structure ends before: what takes time may begin. Never waited for. */
  ahead?(k: number): void;
}

export interface PropagateRequest {
  /** Masks that are settled, by slice; never changed. */
  readonly seeds: ReadonlyMap<number, Mask>;
  /** First and last slice that may be filled, both included. */
  readonly from: number;
  readonly to: number;
  /** An `AbortSignal`, as far as it is used. */
  readonly signal?: { throwIfAborted(): void } | undefined;
}

export interface Propagated extends Guessed {
  readonly slice: number;
  /** Worth a look: the model is unsure, the mask changes fast, or the two directions disagree. */
  readonly doubtful: boolean;
}

/** With less of the last mask left on a slice, the structure has ended. */
const LEAST_LEFT = 0.15;

/** With less of an answer in the segment's own grey values, the answer is another structure. */
const LEAST_LIKE = 0.1;

/** A predicted IoU, an overlap with the slice before, or an agreement of both directions below these is doubtful. */
const DOUBTFUL = { predictedIou: 0.5, overlap: 0.35, agreement: 0.6 };

/**
 * Masks of the slices around and between the seeds, in the order in which they are found. Between two seeds both
 * directions are asked and blended; beyond the outermost ones a direction ends where the structure does. Both directions
 * go at the same time: one is judged here while the other is decoded.
 */
export async function* propagate(port: StackPort, request: PropagateRequest): AsyncGenerator<Propagated> {
  const { seeds, from, to } = request;
  const slices = [...seeds].filter(([, mask]) => maskArea(mask) > 0).map(([k]) => k);
  slices.sort((a, b) => a - b);
  const known = slices.map(async (k) => ({ mask: seedAt(request, k), slice: await port.pixels(k) }));
  const range = greyRange(await Promise.all(known));
  if (!range) return;
  for (const [n, start] of slices.entries()) {
    const end = slices[n + 1];
    if (end !== undefined) yield* between(port, request, { start, end, range });
  }
  const [first, last] = [slices[0], slices[slices.length - 1]];
  yield* together([
    untilUnsure(walk(port, request, { start: first, step: -1, last: from, range })),
    untilUnsure(walk(port, request, { start: last, step: 1, last: to, range })),
  ]);
}

function seedAt({ seeds }: PropagateRequest, k: number): Mask {
  const seed = seeds.get(k);
  if (!seed) throw new RangeError(`Expected a settled mask on slice ${k}, got none.`);
  return seed;
}

/** A slice on its way, with the mean of what the model guesses of its two answers. */
interface Walked extends Propagated {
  readonly certainty: number;
}

/**
 * A direction beyond which nothing is settled, without the row of unsure slices that it ends in. A slice is given once the
 * next one is known: the last one before such a row is doubtful.
 */
async function* untilUnsure(slices: AsyncIterable<Walked>): AsyncGenerator<Propagated, void> {
  const verdictOn = watchCertainty();
  let waiting: Propagated[] = [];
  for await (const { certainty, ...found } of slices) {
    const verdict = verdictOn(certainty);
    if (verdict === "ended") {
      const [seam] = waiting;
      if (seam) yield { ...seam, doubtful: true };
      return;
    }
    if (verdict === "sure") {
      yield* waiting;
      waiting = [];
    }
    waiting.push(found);
  }
  yield* waiting;
}

/** One direction, until nothing of the structure is left or the last slice is reached. */
async function* walk(
  port: StackPort,
  request: PropagateRequest,
  { start, step, last, range }: { start: number; step: 1 | -1; last: number; range: GreyRange },
): AsyncGenerator<Walked> {
  let mask = seedAt(request, start);
  for (let k = start + step; (last - k) * step >= 0; k += step) {
    request.signal?.throwIfAborted();
    const next = nextSlice(port, k, mask, range);
    if ((last - k) * step > 0) port.ahead?.(k + step);
    const found = await next;
    if (!found) return;
    yield { slice: k, ...found };
    mask = found.mask;
  }
}

/** Every slice between two settled ones, from both sides; one that only one side reaches is doubtful. */
async function* between(
  port: StackPort,
  request: PropagateRequest,
  { start, end, range }: { start: number; end: number; range: GreyRange },
): AsyncGenerator<Propagated> {
  const [up, down] = await Promise.all([
    bySlice(walk(port, request, { start, step: 1, last: end - 1, range })),
    bySlice(walk(port, request, { start: end, step: -1, last: start + 1, range })),
  ]);
  for (let k = start + 1; k < end; k++) {
    const [a, b] = [up.get(k), down.get(k)];
    const only = a ?? b;
    if (a && b) yield blended(a, b, (k - start) / (end - start));
    else if (only) yield { slice: k, mask: only.mask, predictedIou: only.predictedIou, doubtful: true };
  }
}

async function bySlice(walked: AsyncIterable<Propagated>): Promise<Map<number, Propagated>> {
  const found = new Map<number, Propagated>();
  for await (const one of walked) found.set(one.slice, one);
  return found;
}

function blended(a: Propagated, b: Propagated, share: number): Propagated {
  const mask = blend(a.mask, b.mask, share);
  const predictedIou = a.predictedIou * (1 - share) + b.predictedIou * share;
  const agree = maskIou(a.mask, b.mask) >= DOUBTFUL.agreement;
  return { slice: a.slice, mask, predictedIou, doubtful: !agree || predictedIou < DOUBTFUL.predictedIou };
}

/** The mask of a slice from that of its neighbour; `undefined` where nothing like it is left. */
async function nextSlice(
  port: StackPort,
  k: number,
  before: Mask,
  range: GreyRange,
): Promise<Omit<Walked, "slice"> | undefined> {
  const slice = await port.pixels(k);
  const left = maskWithin(before, slice, range);
  const prompts = maskArea(left) < LEAST_LEFT * maskArea(before) ? undefined : maskPrompts(left, before);
  if (!prompts) return undefined;
  const answers = await askBoth(port, k, prompts, closer(left, prompts.full));
  const judged = answers.map((answer) => judge(answer, maskWithin(answer.mask, slice, range), left));
  const best = judged.reduce((a, b) => (b.score > a.score ? b : a));
  if (best.like < LEAST_LIKE) return undefined;
  const { mask, predictedIou } = best;
  const doubtful = predictedIou < DOUBTFUL.predictedIou || maskIou(mask, before) < DOUBTFUL.overlap;
  const certainty = (answers[0].predictedIou + answers[1].predictedIou) / 2;
  return { mask, predictedIou, doubtful, certainty };
}

/**
 * At once where the closer look is another embedding; else one after the other, so that whoever has prepared the slice for the
 * first question answers the second one too.
 */
async function askBoth(port: StackPort, k: number, { full, alone }: MaskPrompts, crop: Crop | undefined) {
  const first = port.ask(k, full, crop);
  return Promise.all([first, crop ? port.ask(k, alone) : first.then(() => port.ask(k, alone))]);
}

/** Where a small segment is: looked at closely at once, without a first answer of the whole slice that would say the same. */
function closer(left: Mask, prompts: readonly Prompt[]): Crop | undefined {
  const bounds = maskBounds(left);
  return bounds ? cropAround({ width: left.width, height: left.height, bounds }, prompts) : undefined;
}

/** An answer without what has other grey values, and how much speaks for it. */
function judge({ mask, predictedIou }: Guessed, cleaned: Mask, left: Mask) {
  const like = maskArea(cleaned) / Math.max(1, maskArea(mask));
  return { mask: cleaned, predictedIou, like, score: predictedIou * like * Math.sqrt(maskIou(cleaned, left)) };
}
