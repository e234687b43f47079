import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeOfTerm } from "../../../core/text/codes.ts";
import { VocabularyEntry } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";

const file = readFileSync(join(repositoryRoot, "models/vocabulary.json"), "utf8");
const entries = VocabularyEntry.array().parse(JSON.parse(file));

test.each([
  ["liver", "10200004", undefined],
  ["left-kidney", "64033007", "7771000"],
  ["right-rib-3", "25888004", "24028007"],
  ["left-lung-upper-lobe", "45653009", "7771000"],
  ["left-atrium", "82471001", undefined],
  ["vertebra-l3", "36470004", undefined],
])("%s has the code %s and laterality %s", (id, value, laterality) => {
  const term = codeOfTerm(entries, id);
  expect(term?.code).toMatchObject({ scheme: "SCT", value });
  expect(term?.laterality?.value).toBe(laterality);
});

test.each(["tubing", "skin-lesion", "nothing-of-this-name"])("%s has no certain code and gets none", (id) => {
  expect(codeOfTerm(entries, id)).toBeUndefined();
});
