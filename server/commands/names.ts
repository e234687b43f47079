/** `promptomy names`: what a text prompt may say, and what each name is worth. */
import { matchingNames } from "../../core/text/completion.ts";
import { qualityOf } from "../../core/text/measures.ts";
import type { ListedTerm } from "../../core/wire/index.ts";
import { loadModels } from "../models/registry.ts";
import { loadVocabulary } from "../models/vocabulary.ts";
import { command, commandSettings } from "./command.ts";

export const names = command({
  name: "names",
  description: "Names that a text prompt may say, those that work first",
  args: {
    text: { type: "positional", required: false, description: "Letters of a name, in any of nine languages" },
    modality: { type: "string", description: "CT, MR, US …: names of this kind of image first", valueHint: "code" },
  },
  async run({ given, result }) {
    const { modelDirs, vocabularyFile } = commandSettings(given);
    const [model] = (await loadModels(modelDirs)).list();
    const { entries } = await loadVocabulary(vocabularyFile, model);
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    const found = matchingNames(entries, given.positionals[0] ?? "", given.value("modality") ?? "").flatMap(
      ({ id }) => byId.get(id) ?? [],
    );
    result(found, found.map(lineOf).join("\n"));
  },
});

function lineOf(term: ListedTerm): string {
  const { name, modalities, region = "", measured } = term;
  const dice = measured ? `Dice ${measured.dice.toFixed(2)} on ${measured.cases} slices` : "not measured";
  return [name, region, modalities.join(" "), qualityOf(term) === "untaught" ? "not learned" : dice].join("\t");
}
