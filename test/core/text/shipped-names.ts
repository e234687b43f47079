/** The shipped list of names, and what is said in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { otherNames } from "../../../core/text/sayings.ts";
import { createVocabulary } from "../../../core/text/vocabulary.ts";
import { readPhrase } from "../../../core/text/words.ts";
import { VocabularyEntry } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";

const file = readFileSync(join(repositoryRoot, "models/vocabulary.json"), "utf8");
export const entries = VocabularyEntry.array().parse(JSON.parse(file));
export const vocabulary = createVocabulary(entries);
export const taught = entries.filter((entry) => entry.taught !== false);
export const saidOf = (entry: VocabularyEntry) => {
  const { english, foreign } = otherNames(entry);
  return [entry.name, ...english, ...foreign].map((text) => ({ entry, text }));
};
export const sayings = taught.flatMap(saidOf);

/** How many entries write this phrase. */
export const claims = new Map<string, Set<string>>();
for (const { entry, text } of sayings) {
  const { key } = readPhrase(text);
  claims.set(key, (claims.get(key) ?? new Set()).add(entry.id));
}
