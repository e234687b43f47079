/** Everything that a structure is called. */
import type { VocabularyEntry } from "../wire/text.ts";
import { type Phrase, readPhrase } from "./words.ts";

/** One way to say an entry. */
export interface Saying {
  readonly entry: VocabularyEntry;
  readonly text: string;
  readonly rank: (typeof RANK)[keyof typeof RANK];
  readonly phrase: Phrase;
}

export const RANK = { name: 0, synonym: 1, foreign: 2, derived: 3 } as const;

/** Everything that an entry is called but its name: in English, abbreviated, in Latin and in other languages. */
export function otherNames({ synonyms, abbreviations = [], names = {} }: VocabularyEntry): {
  readonly english: readonly string[];
  readonly foreign: readonly string[];
} {
  return { english: [...synonyms, ...abbreviations], foreign: [...new Set(Object.values(names).flat())] };
}

/** Names and synonyms as they are written; a part or side is also said with each synonym of its whole: "left lens". */
export function sayingsOf(entries: readonly VocabularyEntry[]): Saying[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return entries.flatMap((entry) => {
    const say = (rank: Saying["rank"]) => (text: string) => ({ entry, text, rank, phrase: readPhrase(text) });
    const whole = entry.parent === undefined ? undefined : byId.get(entry.parent);
    const derived = whole ? derivedFrom(readPhrase(entry.name).words, whole) : [];
    const { english, foreign } = otherNames(entry);
    return [
      say(RANK.name)(entry.name),
      ...english.map(say(RANK.synonym)),
      ...foreign.map(say(RANK.foreign)),
      ...derived.map(say(RANK.derived)),
    ].filter(({ phrase }) => phrase.key !== "");
  });
}

function derivedFrom(words: readonly string[], whole: VocabularyEntry): string[] {
  const own = new Set(readPhrase(whole.name).words);
  const rest = words.filter((word) => !own.has(word));
  const contained = rest.length + own.size === words.length;
  const { english, foreign } = otherNames(whole);
  return contained ? [...english, ...foreign].map((synonym) => [...rest, synonym].join(" ")) : [];
}

/** One side of a structure that has two. */
export const isHalf = ({ id, side, parent }: VocabularyEntry): boolean =>
  side !== undefined && id === `${side}-${parent}`;
