/** Answers to names, gathered by term. */
import type { NameMeasures, TermMeasure } from "../../core/wire/text.ts";

/** One name asked on one slice. */
export interface Asked {
  /** Id in the vocabulary. */
  readonly term: string;
  /** The image or study. */
  readonly from: string;
  /** 0 to 1. */
  readonly presence: number;
  /** Of the mask, against all pixels of the name; absent where the slice does not show it. */
  readonly dice?: number;
}

const HALF = 0.5;
const round = (value: number) => Math.round(value * 1000) / 1000;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Terms that no slice shows are left out: nothing was measured of their masks. */
export function summaryOf(asked: readonly Asked[]): Pick<NameMeasures, "images" | "answers" | "terms"> {
  const byTerm = new Map<string, Asked[]>();
  for (const one of asked) byTerm.set(one.term, [...(byTerm.get(one.term) ?? []), one]);
  const terms = [...byTerm]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([term, answers]) => {
      const measure = measureOf(answers);
      return measure ? [[term, measure] as const] : [];
    });
  const images = new Set(asked.map(({ from }) => from)).size;
  return { images, answers: asked.length, terms: Object.fromEntries(terms) };
}

function measureOf(answers: readonly Asked[]): TermMeasure | undefined {
  const shown = answers.flatMap(({ presence, dice }) => (dice === undefined ? [] : [{ presence, dice }]));
  const absent = answers.filter(({ dice }) => dice === undefined).map(({ presence }) => presence);
  if (shown.length === 0) return undefined;
  const share = (values: readonly number[]) => round(values.filter((value) => value >= HALF).length / values.length);
  const present = shown.map(({ presence }) => presence);
  return {
    cases: shown.length,
    dice: round(mean(shown.map(({ dice }) => dice))),
    found: share(present),
    absentCases: absent.length,
    falseAlarms: absent.length > 0 ? share(absent) : null,
    threshold: absent.length > 0 ? round(bestThreshold(present, absent)) : null,
  };
}

/** The presence with the most of the shown at or above it and the most of the absent below; the middle of such a gap. */
export function bestThreshold(present: readonly number[], absent: readonly number[]): number {
  const levels = [...new Set([...present, ...absent])].toSorted((a, b) => a - b);
  const score = (cut: number) =>
    present.filter((value) => value >= cut).length / present.length +
    absent.filter((value) => value < cut).length / absent.length;
  const best = levels.reduce((found, level) => (score(level) > score(found) ? level : found), levels[0] ?? HALF);
  const below = levels.filter((level) => level < best).at(-1) ?? 0;
  return (best + below) / 2;
}
