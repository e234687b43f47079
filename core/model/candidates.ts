/** Which of a graph's masks answer, and what of them is kept. */
import { createMask, type ScoredMask } from "../mask/mask.ts";
import { withinLassos } from "../prompt/lasso.ts";
import { DRAWN_LOGIT } from "../prompt/prompt-logits.ts";
import type { Transform } from "../wire/embedding.ts";
import type { Prompt, PromptKind } from "../wire/prompt.ts";
import type { RawMasks } from "./contracts/contract.ts";
import { logitsToMask, stabilityScore } from "./logits.ts";
import { logitsBeyond } from "./sides.ts";

/** How a model's masks are read. */
export interface Reading {
  /** Logits above it are inside. */
  readonly threshold: number;
  /** Kinds of prompt that alone may mean several segments. */
  readonly ambiguous?: readonly PromptKind[] | undefined;
}

/** What was asked, as far as it decides which mask is meant. */
export interface Asked {
  readonly prompts: readonly Prompt[];
  readonly transform: Transform;
  /** Of the slice, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly multimask?: boolean | undefined;
}

export interface Decoded {
  /** Best predicted IoU first, never empty. */
  readonly masks: readonly [best: ScoredMask, ...rest: ScoredMask[]];
  /** Only with a text prompt, 0 to 1: is the named structure in the slice. */
  readonly presence?: number;
}

/** A named structure counts as absent below this presence; the mask of a text alone is then empty. */
export const PRESENT = 0.5;

/** Nothing but exclusions: there is no segment that they could take something from. */
export const onlyExcludes = (prompts: readonly Prompt[]): boolean =>
  prompts.every((prompt) => "label" in prompt && prompt.label === "background");

/** The empty mask that exclusions alone get, with logits `[side, side]` that say so. */
export function nothing({ width, height }: Pick<Asked, "width" | "height">, side: number): Decoded {
  const lowResLogits = new Float32Array(side * side).fill(-DRAWN_LOGIT);
  return { masks: [{ ...createMask(width, height), predictedIou: 0, stabilityScore: 1, lowResLogits }] };
}

/**
 * Best first. Of four masks, mask 0 is for several prompts and the others are for one ambiguous click (Kirillov et al.
 * 2023, "Making the model efficient"); of three, all are candidates.
 */
function candidates(
  { ious }: RawMasks,
  { prompts, multimask = false }: Asked,
  ambiguous: readonly PromptKind[] = ["point"],
): number[] {
  const [only] = prompts;
  const foreground = "label" in only && only.label === "foreground";
  const unclear = prompts.length === 1 && foreground && ambiguous.includes(only.kind);
  if (ious.length === 4 && !unclear) return [0];
  const all = [...ious.keys()].slice(ious.length === 4 ? 1 : 0);
  const best = all.toSorted((a, b) => ious[b] - ious[a]);
  return multimask ? best : best.slice(0, 1);
}

/** The graph's answer as masks at the slice's own size; a name may say that nothing is there. */
export function readMasks(raw: RawMasks, asked: Asked, { threshold, ambiguous }: Reading): Decoded {
  const { prompts, transform, width, height } = asked;
  const [only] = prompts;
  const named = prompts.length === 1 && only.kind === "text" ? only : undefined;
  const area = raw.size * raw.size;
  const found = candidates(raw, asked, ambiguous).map((index) => {
    const logits = raw.logits.slice(index * area, (index + 1) * area);
    return { index, logits: named?.beyond ? logitsBeyond(named.beyond, logits, { transform, threshold }) : logits };
  });
  const nothingThere = named?.beyond !== undefined && !found[0].logits.some((logit) => logit > threshold);
  const presence = prompts.some(({ kind }) => kind === "text") ? (nothingThere ? 0 : raw.presence) : undefined;
  const absent = named !== undefined && presence !== undefined && presence < PRESENT;
  const [best, ...rest] = found.map(({ index, logits: lowResLogits }): ScoredMask => {
    const whole = absent ? createMask(width, height) : logitsToMask(lowResLogits, transform, asked, threshold);
    const mask = { ...whole, data: withinLassos(whole, prompts) };
    const predictedIou = Math.min(Math.max(raw.ious[index], 0), 1);
    return { ...mask, predictedIou, stabilityScore: stabilityScore(lowResLogits, { threshold }), lowResLogits };
  });
  return { masks: [best, ...rest], ...(presence === undefined ? {} : { presence }) };
}
