/** What a phrase may mean that names nothing, by letters and by meaning. */
import { describe, expect, test } from "vitest";
import { inTurn } from "../../../core/text/suggestions.ts";
import { createVocabulary } from "../../../core/text/vocabulary.ts";
import { vocabulary } from "./shipped-names.ts";

const meant = (text: string, meaning: Record<string, number>) =>
  vocabulary.resolve(text, { meaning: new Map(Object.entries(meaning)) });

describe("names that are near in meaning", () => {
  test("come first, in turn with those that are near in letters, and name nothing", () => {
    const answer = meant("organ that stores urine", { "urinary-bladder": 0.9, kidney: 0.5 });
    expect(answer).toMatchObject({ known: false, term: null, confidence: 0 });
    const letters = vocabulary.resolve("organ that stores urine").suggestions;
    expect(answer.suggestions.slice(0, 3)).toEqual(["urinary bladder", letters[0], "kidney"]);
  });

  test("change nothing for what is a name, a typo of one, or a name that was not taught", () => {
    for (const text of ["liver", "livr", "Milz", "optic cup"])
      expect(meant(text, { stomach: 1 })).toEqual(vocabulary.resolve(text));
  });

  test("are suggested for texts without a letter that the vocabulary reads", () => {
    expect(meant("печень", { liver: 0.9 }).suggestions).toEqual(["liver"]);
    expect(meant("🫀", { heart: 0.8 }).suggestions).toEqual(["heart"]);
  });

  test("are no untaught names and no unknown ids", () => {
    const untaught = vocabulary.entries.find(({ taught }) => taught === false);
    expect(meant("печень", { [untaught?.id ?? ""]: 1, nowhere: 1 }).suggestions).toEqual([]);
  });
});

describe("what is looked for", () => {
  test("comes first among suggestions, and leaves none out", () => {
    const meaning = new Map([
      ["kidney", 0.9],
      ["kidney-stone", 0.8],
    ]);
    const lesions = vocabulary.resolve("печень", { meaning, task: "lesion" });
    expect(lesions.suggestions).toEqual(["kidney stone", "kidney"]);
    expect(vocabulary.resolve("печень", { meaning }).suggestions).toEqual(["kidney", "kidney stone"]);
  });

  test("decides between structures that share a name, and never makes a name of another", () => {
    const shared = { synonyms: ["mass"], modalities: ["CT"] };
    const small = createVocabulary([
      { id: "fat", name: "fat", kind: "tissue", ...shared },
      { id: "tumor", name: "tumor", kind: "lesion", ...shared },
    ]);
    expect(small.resolve("mass")).toMatchObject({ known: false, suggestions: ["fat", "tumor"] });
    expect(small.resolve("mass", { task: "lesion" })).toMatchObject({ known: true, term: "tumor" });
    expect(small.resolve("mass", { task: "bone" })).toMatchObject({ known: false });
    expect(small.resolve("fat", { task: "lesion" })).toMatchObject({ known: true, term: "fat" });
  });
});

describe("one suggestion stands for", () => {
  test("both sides, unless the phrase says one", () => {
    expect(meant("qqq", { "left-kidney": 0.9, "right-kidney": 0.8 }).suggestions).toEqual(["kidney"]);
    expect(meant("qqq left", { kidney: 0.9, "right-kidney": 0.8 }).suggestions[0]).toBe("left kidney");
  });

  test("all numbers of a row, unless the phrase says one", () => {
    const row = { "vertebra-t1": 0.9, "vertebra-l2": 0.8, vertebra: 0.7 };
    expect(meant("qqq", row).suggestions).toEqual(["vertebra"]);
    expect(meant("qqq 99", row).suggestions).toEqual(["vertebra T1", "vertebra L2", "vertebra"]);
  });
});

test("a side or a single letter alone is near to no name in letters", () => {
  for (const text of ["l v r", "left right", "x"]) expect(vocabulary.resolve(text).suggestions).toEqual([]);
});

test.each([
  [
    "two",
    [
      ["a", "b"],
      ["c", "a", "d"],
    ],
    ["a", "c", "b", "d"],
  ],
  ["one", [["a", "b"]], ["a", "b"]],
  ["none", [], []],
])("%s rankings are taken in turn, each name once", (_, rankings, expected) => {
  expect(inTurn(...(rankings as string[][]))).toEqual(expected);
});

test("sayings are of taught structures, a side's left to its whole", () => {
  const sayings = createVocabulary([
    { id: "kidney", name: "kidney", synonyms: ["ren"], names: { de: ["Niere"] }, modalities: ["CT"] },
    { id: "left-kidney", name: "left kidney", synonyms: ["LK"], modalities: ["CT"], side: "left", parent: "kidney" },
    { id: "ascites", name: "ascites", synonyms: [], modalities: ["CT"], taught: false },
  ]).sayings;
  expect(sayings.map(({ text }) => text)).toEqual(["kidney", "ren", "Niere"]);
  expect(new Set(sayings.map(({ term }) => term))).toEqual(new Set(["kidney"]));
});
