/** What a model was measured to make of names, set beside the names. */
import type { ListedTerm, NameMeasures, TermMeasure, VocabularyEntry } from "../wire/text.ts";

/** Whether numbers are of this very model. */
export const isOf = (
  { model, version }: Pick<NameMeasures, "model" | "version">,
  manifest: { readonly id: string; readonly version: string },
): boolean => model === manifest.id && version === manifest.version;

/** Names with their measures. A side has that of its whole: the model is asked without the side. */
export function withMeasures(
  entries: readonly VocabularyEntry[],
  measures: Pick<NameMeasures, "terms"> | undefined,
): ListedTerm[] {
  const terms: Readonly<Record<string, TermMeasure>> = measures?.terms ?? {};
  return entries.map((entry) => {
    const measured = terms[entry.id] ?? (entry.side && entry.parent ? ofWhole(entry, terms[entry.parent]) : undefined);
    return measured ? { ...entry, measured } : { ...entry };
  });
}

const ofWhole = ({ id, side, parent }: VocabularyEntry, measured: TermMeasure | undefined) =>
  id === `${side}-${parent}` ? measured : undefined;

export type Quality = "works" | "partly" | "weak" | "unmeasured" | "untaught";

/** Mean Dice from which on a name works, and below which it is weak; fewer slices say too little. */
const WORKS = 0.7;
const WEAK = 0.4;
const ENOUGH_CASES = 3;

/** How far a name can be relied on. */
export function qualityOf({ taught, measured }: ListedTerm): Quality {
  if (taught === false) return "untaught";
  if (!measured || measured.cases < ENOUGH_CASES) return "unmeasured";
  if (measured.dice >= WORKS) return "works";
  return measured.dice < WEAK ? "weak" : "partly";
}

const ENOUGH_ABSENT = 5;
const TELLS = 0.9;
/** Presence that is rather there than not. */
const HALF = 0.5;

/** Whether a low presence was measured to mean that a structure is not on the slice. */
export function tellsAbsence({ measured }: ListedTerm): boolean {
  if (!measured || measured.cases < ENOUGH_CASES || measured.absentCases < ENOUGH_ABSENT) return false;
  return measured.found >= TELLS && (measured.falseAlarms ?? 1) <= 1 - TELLS;
}

/** Presence from which on a slice counts as showing the structure; `undefined` where that was not measured with and without it. */
export function presenceThreshold({ measured }: ListedTerm): number | undefined {
  if (!measured || measured.cases < ENOUGH_CASES || measured.absentCases < ENOUGH_ABSENT) return undefined;
  if (measured.found < TELLS) return undefined;
  return Math.max(measured.threshold ?? HALF, HALF);
}
