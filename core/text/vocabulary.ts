/** What a text prompt names: a structure of the vocabulary however it is spelt, or nothing and what may have been meant. */
import { contextOf } from "../model/contracts/context.ts";
import type { ListedTerm, TextPromptAnswer, VocabularyEntry } from "../wire/text.ts";
import { editDistance, editsAllowed, similarity, trigrams } from "./spelling.ts";
import { isSide, type Phrase, readPhrase, withoutForeignFiller } from "./words.ts";

export interface Vocabulary {
  readonly entries: readonly ListedTerm[];
  /**
   * Names, synonyms and their spellings in every language of the entries exactly, then with typos where only one
   * structure can be meant. `modality` (a DICOM code or a word of the vocabulary) decides between structures that share
   * a name. A name that the model was not taught is not known, and says so. Never throws.
   */
  resolve(text: string, options?: { readonly modality?: string | undefined }): TextPromptAnswer;
}

/** One way to say an entry. */
interface Saying {
  readonly entry: VocabularyEntry;
  readonly text: string;
  readonly rank: (typeof RANK)[keyof typeof RANK];
  readonly phrase: Phrase;
}

const RANK = { name: 0, synonym: 1, foreign: 2, derived: 3 } as const;

/** As the wire allows, and more than any name has: nothing longer is compared letter by letter. */
const MAX_LETTERS = 512;
const MAX_WORDS = 12;
const MAX_SUGGESTIONS = 5;
const SUGGESTED_FROM = 0.4;
/** A side says little about which structure is meant. */
const SIDE_WEIGHT = 2;

/** Indexes the entries of `models/vocabulary.json`. */
export function createVocabulary(entries: readonly ListedTerm[]): Vocabulary {
  const sayings = sayingsOf(entries);
  const byKey = groupBy(sayings, ({ phrase }) => phrase.key);
  const byLetters = groupBy(sayings, ({ phrase }) => phrase.joined);
  const byBareKey = groupBy(sayings, ({ phrase }) => withoutForeignFiller(phrase).key);
  const names = new Map(entries.map(({ id, name }) => [id, name]));
  const lexicon = new Map(sayings.flatMap(({ phrase }) => phrase.words).map((word) => [word, trigrams(word)]));
  const contexts = new Set(entries.flatMap(({ modalities }) => modalities.map((name) => name.toLowerCase())));

  return {
    entries,
    resolve(text, { modality } = {}) {
      const phrase = readPhrase(text.slice(0, MAX_LETTERS));
      if (phrase.words.length === 0 || text.length > MAX_LETTERS) return unknown([]);
      const context = modality === undefined ? "" : contextOf(modality).toLowerCase();
      const fits = ({ modalities }: VocabularyEntry) =>
        !contexts.has(context) || modalities.some((name) => name.toLowerCase() === context);
      const bare = withoutForeignFiller(phrase);
      const exact =
        byKey.get(phrase.key) ?? byLetters.get(phrase.joined) ?? (bare.key ? byBareKey.get(bare.key) : undefined);
      const answer = (found: readonly Saying[], confidence: number) => answerOf(found, { fits, confidence, names });
      if (exact) return answer(exact, 1);
      if (phrase.words.length > MAX_WORDS) return unknown([]);
      for (const said of bare.words.length < phrase.words.length && bare.key ? [phrase, bare] : [phrase]) {
        const { near, edits } = misspelt(said, sayings, lexicon);
        if (near.length > 0) return answer(near, 1 - edits / said.joined.length);
      }
      return unknown(suggestions(phrase, sayings, lexicon, fits));
    },
  };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

type Fits = (entry: VocabularyEntry) => boolean;
type Lexicon = ReadonlyMap<string, ReadonlySet<string>>;

/** Everything that an entry is called but its name: in English, abbreviated, in Latin and in other languages. */
export function otherNames({ synonyms, abbreviations = [], names = {} }: VocabularyEntry): {
  readonly english: readonly string[];
  readonly foreign: readonly string[];
} {
  return { english: [...synonyms, ...abbreviations], foreign: [...new Set(Object.values(names).flat())] };
}

/** Names and synonyms as they are written; a part or side is also said with each synonym of its whole: "left lens". */
function sayingsOf(entries: readonly VocabularyEntry[]): Saying[] {
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

interface Asked {
  readonly fits: Fits;
  readonly confidence: number;
  readonly names: ReadonlyMap<string, string>;
}

const isTaught = ({ taught }: VocabularyEntry): boolean => taught !== false;

function answerOf(found: readonly Saying[], { fits, confidence, names }: Asked): TextPromptAnswer {
  const taught = found.filter((saying) => isTaught(saying.entry));
  const sayings = taught.length > 0 ? taught : found;
  const entry = choose(sayings, fits);
  if (!entry) return unknown(taught.map((saying) => saying.entry.name));
  if (!isTaught(entry)) {
    const instead = (entry.instead ?? []).flatMap((id) => names.get(id) ?? []);
    return { ...unknown(instead), untaught: entry.name };
  }
  const own = sayings.filter((saying) => saying.entry === entry);
  const rank = Math.min(...own.map((saying) => saying.rank));
  const said = own.filter((saying) => saying.rank === rank).map(({ text }) => text);
  const synonymsMatched = rank === RANK.name ? [] : [...new Set(said)];
  const { id, name, side } = entry;
  return { known: true, term: id, name, ...(side ? { side } : {}), synonymsMatched, confidence, suggestions: [] };
}

const unknown = (names: readonly string[]): Extract<TextPromptAnswer, { known: false }> => ({
  ...{ known: false, term: null, name: null, synonymsMatched: [], confidence: 0 },
  suggestions: [...new Set(names)].slice(0, MAX_SUGGESTIONS),
});

/** Of the entries that a text may mean the one of this modality, by name before by synonym; `undefined` when several remain. */
function choose(sayings: readonly Saying[], fits: Fits): VocabularyEntry | undefined {
  const fitting = sayings.filter(({ entry }) => fits(entry));
  const candidates = fitting.length > 0 ? fitting : sayings;
  const rank = Math.min(...candidates.map((saying) => saying.rank));
  const entries = [...new Set(candidates.filter((saying) => saying.rank === rank).map(({ entry }) => entry))];
  const general = entries.filter((entry) => entries.every((other) => other === entry || isSaid(other, entry.name)));
  return general.length === 1 ? general[0] : undefined;
}

/** "breast lesion" is a synonym of the benign one and of the malignant one: it means neither in particular. */
function isSaid({ synonyms }: VocabularyEntry, name: string): boolean {
  const { key } = readPhrase(name);
  return synonyms.some((synonym) => readPhrase(synonym).key === key);
}

/** The sayings that the fewest wrong letters lead to. A word of the vocabulary is no typo of another: parotid, carotid. */
function misspelt(phrase: Phrase, sayings: readonly Saying[], lexicon: Lexicon): { near: Saying[]; edits: number } {
  const distances = phrase.words.map((word) => wordsNear(word, lexicon));
  const costs = sayings.map((saying) => ({ saying, edits: editsBetween(phrase, saying.phrase, distances) }));
  const edits = Math.min(...costs.map((cost) => cost.edits));
  const near = Number.isFinite(edits) ? costs.filter((cost) => cost.edits === edits) : [];
  return { near: near.map(({ saying }) => saying), edits };
}

/** Words of the vocabulary that one may have meant, with the letters to mend. */
function wordsNear(word: string, lexicon: Lexicon): ReadonlyMap<string, number> {
  if (lexicon.has(word)) return new Map([[word, 0]]);
  const near = new Map<string, number>();
  for (const known of lexicon.keys()) {
    const bound = Math.min(editsAllowed(word), editsAllowed(known));
    const edits = bound === 0 ? Number.POSITIVE_INFINITY : editDistance(word, known, bound);
    const mayStartWrong = word.length >= 6;
    if (Number.isFinite(edits) && (mayStartWrong || word[0] === known[0])) near.set(known, edits);
  }
  return near;
}

/** Word by word in any order; over all letters when a space is missing or too many. Infinity when they are not near. */
function editsBetween(said: Phrase, known: Phrase, distances: readonly ReadonlyMap<string, number>[]): number {
  if (said.words.length !== known.words.length) return editsOfLetters(said, known);
  const left = [...known.words];
  let total = 0;
  for (const near of distances.toSorted((a, b) => a.size - b.size)) {
    const [best] = left.filter((word) => near.has(word)).sort((a, b) => (near.get(a) ?? 0) - (near.get(b) ?? 0));
    if (best === undefined) return Number.POSITIVE_INFINITY;
    total += near.get(best) ?? 0;
    left.splice(left.indexOf(best), 1);
  }
  return total;
}

function editsOfLetters(said: Phrase, known: Phrase): number {
  const exact = ({ words }: Phrase) => words.filter((word) => isSide(word) || /\d/.test(word)).join(" ");
  if (said.joined.length < 8 || exact(said) !== exact(known)) return Number.POSITIVE_INFINITY;
  return editDistance(said.joined, known.joined, 1);
}

/** Names of the structures whose words look most like those of the phrase, one each. */
function suggestions(phrase: Phrase, sayings: readonly Saying[], lexicon: Lexicon, fits: Fits): string[] {
  const alike = phrase.words.map((word) => {
    const grams = trigrams(word);
    const likeness = (known: string, knownGrams: ReadonlySet<string>) =>
      known.length < 4 ? Number(known === word) : similarity(grams, knownGrams);
    return new Map([...lexicon].map(([known, knownGrams]) => [known, likeness(known, knownGrams)]));
  });
  const best = new Map<VocabularyEntry, number>();
  for (const { entry, phrase: known } of sayings) {
    const score = overlap(phrase.words, known.words, alike);
    if (isTaught(entry) && score >= Math.max(SUGGESTED_FROM, best.get(entry) ?? 0)) best.set(entry, score);
  }
  const ranked = [...best].sort(
    ([a, x], [b, y]) => y - x || Number(fits(b)) - Number(fits(a)) || a.name.length - b.name.length,
  );
  return ranked.map(([{ name }]) => name);
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
