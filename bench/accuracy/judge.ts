/** The judging protocol of `models/training/judge/evaluate.py`, object by object. */

import { type Mask, maskArea, maskDice, maskIou, masksEqual } from "../../core/mask/mask.ts";
import type { Prompt, PromptKind } from "../../core/wire/prompt.ts";
import type { Target } from "./data-set.ts";
import { type Grey, type Seeds, seedsOf } from "./grey.ts";
import type { Answer, View } from "./predictor.ts";
import { randomWalker } from "./random-walker.ts";
import { growRegions } from "./region-growing.ts";
import { boxAround, type Click, errorClick, firstClick } from "./user.ts";

/** Dice is reported after so many clicks. */
const CLICKS = [1, 3, 5] as const;

/** Dice values whose number of clicks is counted. */
const TARGET_DICE = [0.85, 0.9] as const;

/** Cap of that count. */
export const MOST_CLICKS = 20;

export type Scores = Readonly<Record<string, number>>;

/** A later click that lowers the Dice by more has spoilt the mask. */
const FALL = 0.1;

interface ClickSeries {
  readonly clicks: readonly Click[];
  /** Dice after each click. */
  readonly dice: readonly number[];
  readonly first: Answer;
}

/** Clicks until the mask is right, or good enough after five, or there were `most`. */
async function clickSeries(view: View, truth: Mask, most: number): Promise<ClickSeries> {
  const clicks = [firstClick(truth)];
  const first = await view.ask(clicks);
  const dice = [maskDice(first.mask, truth)];
  let last = first;
  const done = () =>
    masksEqual(last.mask, truth) || (dice.length >= 5 && dice[dice.length - 1] >= Math.max(...TARGET_DICE));
  while (clicks.length < most && !done()) {
    clicks.push(errorClick(truth, last.mask));
    last = await view.ask(clicks, { previous: last });
    dice.push(maskDice(last.mask, truth));
  }
  return { clicks, dice, first };
}

/** 1 where some click lowered the Dice by more than `FALL`. */
const fallsOf = (dice: readonly number[]): number =>
  dice.some((score, n) => n > 0 && n < 5 && dice[n - 1] - score > FALL) ? 1 : 0;

/** The best of the first click's candidates, and by how much a second click inside mask and object changes the mask. */
async function firstScores(view: View, truth: Mask, { clicks: [click], first }: ClickSeries): Promise<Scores> {
  const { candidates } = await view.ask([click], { multimask: true });
  const best = Math.max(...candidates.map((mask) => maskDice(mask, truth)));
  const inside = [...first.mask.data.keys()].filter((n) => first.mask.data[n] !== 0 && truth.data[n] !== 0);
  const at = inside[Math.floor(inside.length / 3)];
  const scores = { best, predicted: first.predictedIou, real: maskIou(first.mask, truth) };
  if (at === undefined) return scores;
  const again = { ...click, x: at % truth.width, y: Math.floor(at / truth.width) };
  const { mask } = await view.ask([click, again], { previous: first });
  return { ...scores, moved: 1 - maskDice(mask, first.mask) };
}

/** After fewer clicks than asked for the mask was right already. */
const diceAt = (dice: readonly number[]): Scores =>
  Object.fromEntries(CLICKS.map((n) => [`dice${n}`, dice[Math.min(n, dice.length) - 1]]));

/** Clicks until the Dice is reached, 20 when it never is. */
function clicksNeeded(dice: readonly number[]): Scores {
  const needed = TARGET_DICE.map((target) => {
    const found = dice.findIndex((score) => score >= target);
    return [`noc${Math.round(target * 100)}`, found < 0 ? MOST_CLICKS : found + 1];
  });
  return Object.fromEntries(needed);
}

export interface Trial {
  readonly truth: Mask;
  readonly stroke: Prompt;
  /** 5, or 20 to count clicks. */
  readonly most: number;
  takes(kind: PromptKind): boolean;
}

/** All scores of one object, and the clicks that it took. */
export async function judgeObject(
  view: View,
  { truth, stroke, most, takes }: Trial,
): Promise<{ scores: Scores; clicks: readonly Click[] }> {
  const series = await clickSeries(view, truth, most);
  const { clicks, dice } = series;
  const score = async (prompt: Prompt) => maskDice((await view.ask([prompt])).mask, truth);
  const scores = {
    ...diceAt(dice),
    ...(most >= MOST_CLICKS ? clicksNeeded(dice) : {}),
    ...(takes("box") ? { box: await score(boxAround(truth)) } : {}),
    ...(takes("scribble") ? { scribble: await score(stroke) } : {}),
    falls: fallsOf(dice),
    ...(await firstScores(view, truth, series)),
  };
  return { scores, clicks };
}

/** A name of a structure that is there: Dice of the mask, of the mask as served, and the presence. */
export async function judgePresent(view: View, { name, mask: truth }: Target): Promise<Scores> {
  const { mask, served, presence } = await view.ask([{ kind: "text", text: name }]);
  return {
    text: maskDice(mask, truth),
    textServed: maskDice(served, truth),
    ...(presence === undefined ? {} : { present: presence }),
  };
}

/** A name of a structure that is not there: share of the picture that is marked all the same, and the presence. */
export async function judgeAbsent(view: View, name: string): Promise<Scores> {
  const { mask, served, presence } = await view.ask([{ kind: "text", text: name }]);
  const share = (answer: Mask) => maskArea(answer) / answer.data.length;
  return {
    falseArea: share(mask),
    falseAreaServed: share(served),
    ...(presence === undefined ? {} : { absent: presence }),
  };
}

/** Methods without a model, judged on the clicks and the stroke that a model was given. */
export const BASELINES: Readonly<Record<string, (grey: Grey, seeds: Seeds) => Mask>> = {
  "region growing": growRegions,
  "random walker": randomWalker,
};

/** Scores of a baseline. */
export function judgeBaseline(
  segment: (seeds: Seeds) => Mask,
  { truth, stroke, clicks }: { truth: Mask; stroke: Prompt; clicks: readonly Click[] },
): Scores {
  const dice = (prompts: readonly Prompt[]) => maskDice(segment(seedsOf(prompts)), truth);
  const afterClicks = CLICKS.map((n) => [`dice${n}`, dice(clicks.slice(0, n))]);
  return { ...Object.fromEntries(afterClicks), scribble: dice([stroke]) };
}
