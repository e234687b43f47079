/** Names that a text may have meant which names no structure. */
import type { VocabularyEntry } from "../wire/text.ts";
import { isHalf, type Saying } from "./sayings.ts";
import { similarity, trigrams } from "./spelling.ts";
import { isSide, type Phrase } from "./words.ts";

/** How near structures are to a text, 0 to 1; those that are not near are left out. */
export type Nearness = ReadonlyMap<VocabularyEntry, number>;

/** Words of the vocabulary with their trigrams. */
export type Lexicon = ReadonlyMap<string, ReadonlySet<string>>;

/** Below it words look alike by chance. */
const ALIKE_FROM = 0.4;
/** A side says little about which structure is meant. */
const SIDE_WEIGHT = 2;

/** Structures that are called by words with much the same letters. */
export function alikeInLetters({ words }: Phrase, sayings: readonly Saying[], lexicon: Lexicon): Nearness {
  if (words.every((word) => isSide(word) || /^[a-z]$/.test(word))) return new Map(); // a side alone is like half of all names
  const alike = words.map((word) => {
    const grams = trigrams(word);
    const likeness = (known: string, knownGrams: ReadonlySet<string>) =>
      known.length < 4 ? Number(known === word) : similarity(grams, knownGrams);
    return new Map([...lexicon].map(([known, knownGrams]) => [known, likeness(known, knownGrams)]));
  });
  const best = new Map<VocabularyEntry, number>();
  for (const { entry, phrase: known } of sayings) {
    const score = overlap(words, known.words, alike);
    if (score >= Math.max(ALIKE_FROM, best.get(entry) ?? 0)) best.set(entry, score);
  }
  return best;
}

/** Share of the letters of both phrases that find their like in the other, 0 to 1. */
function overlap(
  said: readonly string[],
  known: readonly string[],
  alike: readonly ReadonlyMap<string, number>[],
): number {
  const weight = (word: string) => (isSide(word) ? SIDE_WEIGHT : word.length);
  const like = (i: number, word: string) => alike[i]?.get(word) ?? 0;
  let [shared, all] = [0, 0];
  said.forEach((word, i) => {
    shared += weight(word) * Math.max(...known.map((other) => like(i, other)));
    all += weight(word);
  });
  for (const word of known) {
    shared += weight(word) * Math.max(...said.map((_, i) => like(i, word)));
    all += weight(word);
  }
  return shared / all;
}

export interface SuggestionOptions {
  readonly entries: readonly VocabularyEntry[];
  /** Of the image that is asked. */
  readonly fits: (entry: VocabularyEntry) => boolean;
}

/**
 * Names of what is near, nearest first. Left and right, or the numbers of a row, are one suggestion, unless the phrase
 * says a side or a number.
 */
export function nearestNames(nearness: Nearness, phrase: Phrase, { entries, fits }: SuggestionOptions): string[] {
  const meant = meantBy(phrase, new Map(entries.map((entry) => [entry.id, entry])));
  const best = new Map<VocabularyEntry, number>();
  for (const [entry, score] of nearness) {
    const one = meant(entry);
    if (one && one.taught !== false) best.set(one, Math.max(score, best.get(one) ?? 0));
  }
  return [...best]
    .toSorted(([a, x], [b, y]) => y - x || Number(fits(b)) - Number(fits(a)) || a.name.length - b.name.length)
    .map(([{ name }]) => name);
}

/** The structure that a phrase can mean by one that is near: itself, its whole, its half, or nothing. */
function meantBy(
  { words }: Phrase,
  byId: ReadonlyMap<string, VocabularyEntry>,
): (entry: VocabularyEntry) => VocabularyEntry | undefined {
  const side = words.find(isSide);
  const hasNumber = words.some((word) => /\d/.test(word));
  return (entry) => {
    const whole = byId.get(entry.parent ?? "");
    if (whole && !hasNumber && /\d/.test(entry.name)) return whole;
    if (whole && isHalf(entry)) return side === undefined ? whole : entry.side === side ? entry : undefined;
    return (side && byId.get(`${side}-${entry.id}`)) || entry;
  };
}

/** Several rankings as one: the best of each, then the second of each. */
export function inTurn(...rankings: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...rankings.map(({ length }) => length));
  const places = Array.from({ length: longest }, (_, place) => rankings.flatMap((ranking) => ranking[place] ?? []));
  return [...new Set(places.flat())];
}
