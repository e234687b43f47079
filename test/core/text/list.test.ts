import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { splitNames } from "../../../core/text/list.ts";
import { createVocabulary } from "../../../core/text/vocabulary.ts";
import { VocabularyEntry } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";

const file = readFileSync(join(repositoryRoot, "models/vocabulary.json"), "utf8");
const vocabulary = createVocabulary(VocabularyEntry.array().parse(JSON.parse(file)));

test.each([
  ["liver", ["liver"]],
  ["liver, spleen; both kidneys", ["liver", "spleen", "both kidneys"]],
  ["kidney, left", ["kidney, left"]],
  ["liver, kidney, left, spleen", ["liver", "kidney, left", "spleen"]],
  ["heart and mediastinum", ["heart and mediastinum"]],
  ["liver and spleen", ["liver", "spleen"]],
  ["Leber, Milz und linke Niere", ["Leber", "Milz", "linke Niere"]],
  ["肝脏、脾脏", ["肝脏", "脾脏"]],
  ["liver,,; liver", ["liver"]],
  ["optic cup, liver", ["optic cup", "liver"]],
  ["what is this", ["what is this"]],
  [" ;, ", []],
])("%j names %j", (text, names) => expect(splitNames(text, vocabulary)).toEqual(names));

test("a long list is read for its first names", () => {
  const text = Array.from({ length: 1000 }, (_, n) => `name ${n}`).join(";");
  expect(splitNames(text, vocabulary)).toHaveLength(32);
});
