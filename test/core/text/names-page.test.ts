import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withMeasures } from "../../../core/text/measures.ts";
import { type NamesPage, namesPage } from "../../../core/text/names-page.ts";
import type { PhraseMeasures } from "../../../core/text/names-tables.ts";
import { NameMeasures, VocabularyEntry } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(join(repositoryRoot, path), "utf8"));

test("docs/names.md is what the vocabulary and the measures say (`--update` writes it)", async () => {
  const measures = NameMeasures.parse(read("models/default/names.json"));
  const terms = withMeasures(VocabularyEntry.array().parse(read("models/vocabulary.json")), measures);
  const phrases = read("bench/names/phrases.json") as PhraseMeasures; // written by `bench phrases`
  const { organs, regions, tasks, places } = read("bench/organs/organs.json") as Pick<
    NamesPage,
    "organs" | "regions" | "tasks" | "places"
  >; // of `bench organs`
  await expect(namesPage(terms, { measures, phrases, organs, regions, tasks, places })).toMatchFileSnapshot(
    "../../../docs/names.md",
  );
});
