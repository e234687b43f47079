/** What a text prompt names: a structure of the vocabulary however it is spelt, or nothing and what may have been meant. */
import { contextOf } from "../model/contracts/context.ts";
import type { ListedTerm, StructureKind, TextPromptAnswer, VocabularyEntry } from "../wire/text.ts";
import { isHalf, RANK, type Saying, sayingsOf } from "./sayings.ts";
import { editDistance, editsAllowed, trigrams } from "./spelling.ts";
import { alikeInLetters, inTurn, type Lexicon, type Nearness, nearestNames } from "./suggestions.ts";
import { isSide, type Phrase, readPhrase, withoutForeignFiller } from "./words.ts";

export interface Vocabulary {
  readonly entries: readonly ListedTerm[];
  /** What each taught structure is called; a side is called as its whole. */
  readonly sayings: readonly { readonly term: string; readonly text: string }[];
  /**
   * Names, synonyms and their spellings in every language of the entries exactly, then with typos where only one
   * structure can be meant. `modality` (a DICOM code or a word of the vocabulary) decides between structures that share
   * a name, then `task`. A name that the model was not taught is not known, and says so. Never throws.
   */
  resolve(text: string, options?: ResolveOptions): TextPromptAnswer;
}

export interface ResolveOptions {
  readonly modality?: string | undefined;
  /** What is looked for: it comes first among suggestions. */
  readonly task?: StructureKind | undefined;
  /** How near each structure is to the text in meaning, 0 to 1, by its id: it orders suggestions and names nothing. */
  readonly meaning?: ReadonlyMap<string, number> | undefined;
}

/** As the wire allows, and more than any name has: nothing longer is compared letter by letter. */
export const MAX_LETTERS = 512;
const MAX_WORDS = 12;
const MAX_SUGGESTIONS = 5;

/** Indexes the entries of `models/vocabulary.json`. */
export function createVocabulary(entries: readonly ListedTerm[]): Vocabulary {
  const sayings = sayingsOf(entries);
  const byKey = groupBy(sayings, ({ phrase }) => phrase.key);
  const byLetters = groupBy(sayings, ({ phrase }) => phrase.joined);
  const byBareKey = groupBy(sayings, ({ phrase }) => withoutForeignFiller(phrase).key);
  const names = new Map(entries.map(({ id, name }) => [id, name]));
  const kinds = new Map(entries.map(({ name, kind }) => [name, kind]));
  const lexicon = new Map(sayings.flatMap(({ phrase }) => phrase.words).map((word) => [word, trigrams(word)]));
  const contexts = new Set(entries.flatMap(({ modalities }) => modalities.map((name) => name.toLowerCase())));

  return {
    entries,
    sayings: sayings
      .filter(({ entry, rank }) => isTaught(entry) && !isHalf(entry) && rank !== RANK.derived)
      .map(({ entry, text }) => ({ term: entry.id, text })),
    resolve(text, { modality, task, meaning } = {}) {
      const phrase = readPhrase(text.slice(0, MAX_LETTERS));
      if (text.length > MAX_LETTERS) return unknown([]);
      const context = modality === undefined ? "" : contextOf(modality).toLowerCase();
      const fits = ({ modalities }: VocabularyEntry) =>
        !contexts.has(context) || modalities.some((name) => name.toLowerCase() === context);
      const rank = (nearness: Nearness) => nearestNames(nearness, phrase, { entries, fits });
      const suggest = (letters: Nearness) => {
        const ranked = inTurn(rank(byEntry(entries, meaning)), rank(letters));
        return unknown(task ? foremost(ranked, (name) => kinds.get(name) === task) : ranked);
      };
      if (phrase.words.length === 0) return suggest(new Map());
      const bare = withoutForeignFiller(phrase);
      const exact =
        byKey.get(phrase.key) ?? byLetters.get(phrase.joined) ?? (bare.key ? byBareKey.get(bare.key) : undefined);
      const answer = (found: readonly Saying[], confidence: number) =>
        answerOf(found, { fits, task, confidence, names });
      if (exact) return answer(exact, 1);
      if (phrase.words.length > MAX_WORDS) return suggest(new Map());
      for (const said of bare.words.length < phrase.words.length && bare.key ? [phrase, bare] : [phrase]) {
        const { near, edits } = misspelt(said, sayings, lexicon);
        if (near.length > 0) return answer(near, 1 - edits / said.joined.length);
      }
      return suggest(alikeInLetters(phrase, sayings, lexicon));
    },
  };
}

/** Those of which something is true, then the others. */
const foremost = (names: readonly string[], isTrue: (name: string) => boolean): string[] => [
  ...names.filter(isTrue),
  ...names.filter((name) => !isTrue(name)),
];

const byEntry = (entries: readonly VocabularyEntry[], nearness: ResolveOptions["meaning"]): Nearness =>
  new Map(
    entries.flatMap((entry) => {
      const near = nearness?.get(entry.id);
      return near === undefined ? [] : [[entry, near] as const];
    }),
  );

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

type Fits = (entry: VocabularyEntry) => boolean;

interface Asked {
  readonly fits: Fits;
  readonly task: StructureKind | undefined;
  readonly confidence: number;
  readonly names: ReadonlyMap<string, string>;
}

const isTaught = ({ taught }: VocabularyEntry): boolean => taught !== false;

function answerOf(found: readonly Saying[], { fits, task, confidence, names }: Asked): TextPromptAnswer {
  const taught = found.filter((saying) => isTaught(saying.entry));
  const sayings = taught.length > 0 ? taught : found;
  const entry = choose(sayings, fits, task);
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

/** Of the entries that a text may mean the one of this modality and task, by name before by synonym; `undefined` when several remain. */
function choose(sayings: readonly Saying[], fits: Fits, task: StructureKind | undefined): VocabularyEntry | undefined {
  const fitting = thoseOr(sayings, fits);
  const candidates = task === undefined ? fitting : thoseOr(fitting, ({ kind }) => kind === task);
  const rank = Math.min(...candidates.map((saying) => saying.rank));
  const entries = [...new Set(candidates.filter((saying) => saying.rank === rank).map(({ entry }) => entry))];
  const general = entries.filter((entry) => entries.every((other) => other === entry || isSaid(other, entry.name)));
  return general.length === 1 ? general[0] : undefined;
}

/** Those of which something is true; all of them where it is true of none. */
function thoseOr(sayings: readonly Saying[], isTrue: Fits): readonly Saying[] {
  const those = sayings.filter(({ entry }) => isTrue(entry));
  return those.length > 0 ? those : sayings;
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
