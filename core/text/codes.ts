/** DICOM codes of named structures, for exports. */
import type { TermCode, VocabularyEntry } from "../wire/text.ts";

export interface CodedTerm {
  /** What it is, whichever side. */
  readonly code: TermCode;
  /** Left or right (PS3.16 CID 244), where the name says a side. */
  readonly laterality?: TermCode;
}

const LATERALITY: Readonly<Record<"left" | "right", TermCode>> = {
  left: { scheme: "SCT", value: "7771000", meaning: "Left" },
  right: { scheme: "SCT", value: "24028007", meaning: "Right" },
};

/** The code of a term, from its whole where a side has none of its own; `undefined` where no certain one is known. */
export function codeOfTerm(entries: readonly VocabularyEntry[], id: string): CodedTerm | undefined {
  const entry = entries.find((other) => other.id === id);
  if (!entry) return undefined;
  const whole = entry.side === undefined ? undefined : entries.find((other) => other.id === entry.parent);
  const ofWhole = whole && entry.name === `${entry.side} ${whole.name}` ? whole.code : undefined;
  const code = entry.code ?? ofWhole;
  return code && { code, ...(entry.side ? { laterality: LATERALITY[entry.side] } : {}) };
}
