import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bestThreshold, summaryOf } from "../../../bench/names/summary.ts";
import { isOf, presenceThreshold, qualityOf, tellsAbsence, withMeasures } from "../../../core/text/measures.ts";
import { Manifest, NameMeasures, VocabularyEntry } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(join(repositoryRoot, path), "utf8"));
const entries = VocabularyEntry.array().parse(read("models/vocabulary.json"));
const measures = NameMeasures.parse(read("models/default/names.json"));
const listed = new Map(withMeasures(entries, measures).map((term) => [term.id, term]));
const measured = { cases: 9, dice: 0.9, found: 1, absentCases: 20, falseAlarms: 0, threshold: 0.5 };
const term = { id: "liver", name: "liver", synonyms: [], modalities: ["CT"] };

describe("the file of the shipped model", () => {
  test("is of the model that ships, and each of its terms is in the vocabulary and taught", () => {
    expect(isOf(measures, Manifest.parse(read("models/default/manifest.json")))).toBe(true);
    for (const id of Object.keys(measures.terms)) expect(listed.get(id)?.taught, id).not.toBe(false);
  });

  test("gives a side what its whole has", () => {
    expect(listed.get("left-kidney")?.measured).toEqual(listed.get("kidney")?.measured);
    expect(listed.get("left-atrium")?.measured).toBeUndefined();
  });
});

test.each([
  [{ ...term, measured }, "works"],
  [{ ...term, measured: { ...measured, dice: 0.5 } }, "partly"],
  [{ ...term, measured: { ...measured, dice: 0.1 } }, "weak"],
  [{ ...term, measured: { ...measured, cases: 1 } }, "unmeasured"],
  [term, "unmeasured"],
  [{ ...term, taught: false as const }, "untaught"],
])("%j is a name that is %s", (given, quality) => expect(qualityOf(given)).toBe(quality));

test("an absence is stated only where slices without it were looked at and told apart", () => {
  expect(tellsAbsence({ ...term, measured })).toBe(true);
  expect(tellsAbsence({ ...term, measured: { ...measured, absentCases: 0, falseAlarms: null } })).toBe(false);
  expect(tellsAbsence({ ...term, measured: { ...measured, falseAlarms: 0.4 } })).toBe(false);
  expect(tellsAbsence(term)).toBe(false);
});

test("answers to a name become means, and the threshold lies between both kinds of slice", () => {
  const summary = summaryOf([
    { term: "liver", from: "a", presence: 0.9, dice: 0.8 },
    { term: "liver", from: "b", presence: 0.7, dice: 0.6 },
    { term: "liver", from: "c", presence: 0.3 },
    { term: "spleen", from: "c", presence: 0.9 },
  ]);
  expect(summary).toEqual({
    images: 3,
    answers: 4,
    terms: { liver: { cases: 2, dice: 0.7, found: 1, absentCases: 1, falseAlarms: 0, threshold: 0.5 } },
  });
  expect(bestThreshold([0.9, 0.8], [0.85, 0.1])).toBeCloseTo(0.45);
});

test("where a name is can be told from its measured presence on, never below a half, and only where both were measured", () => {
  expect(presenceThreshold({ ...term, measured: { ...measured, threshold: 0.8 } })).toBe(0.8);
  expect(presenceThreshold({ ...term, measured: { ...measured, threshold: 0.1 } })).toBe(0.5);
  expect(presenceThreshold({ ...term, measured: { ...measured, absentCases: 4 } })).toBeUndefined();
  expect(presenceThreshold({ ...term, measured: { ...measured, cases: 2 } })).toBeUndefined();
  expect(presenceThreshold({ ...term, measured: { ...measured, found: 0.5 } })).toBeUndefined();
  expect(presenceThreshold(term)).toBeUndefined();
});
