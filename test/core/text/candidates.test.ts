import { expect, test } from "vitest";
import { namesToFind, namesToTell, scopeOf } from "../../../core/text/candidates.ts";
import type { ListedTerm, TermMeasure } from "../../../core/wire/text.ts";

const measure = (dice: number, more: Partial<TermMeasure> = {}): TermMeasure => ({
  ...{ cases: 9, dice, found: 1, absentCases: 9, falseAlarms: 0.1, threshold: 0.7 },
  ...more,
});
const term = (id: string, more: Partial<ListedTerm>): ListedTerm => ({
  ...{ id, name: id, synonyms: [], region: "abdomen", modalities: ["CT"] },
  ...more,
});

const TERMS = [
  term("kidney", { measured: measure(0.5) }),
  term("left-kidney", { side: "left", parent: "kidney", measured: measure(0.5) }),
  term("liver", { measured: measure(0.9, { threshold: null }), modalities: ["CT", "MR"] }),
  term("seldom", { measured: measure(0.9, { cases: 2 }) }),
  term("weak", { measured: measure(0.3) }),
  term("chance", { measured: measure(0.1) }),
  term("unmeasured", {}),
  term("untaught", { taught: false }),
  term("brain", { region: "head", measured: measure(0.8, { threshold: 0.2 }), modalities: ["MR"] }),
  term("cord", { region: "trunk", measured: measure(0.8) }),
];
const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id);

test("only names that work, or partly, are looked for: best first, without sides", () => {
  expect(ids(namesToFind(TERMS, { modality: "CT" }))).toEqual(["liver", "cord", "kidney"]);
});

test("a mask may be recognised by names that were measured on a slice or two, and by weak ones", () => {
  expect(ids(namesToTell(TERMS, { modality: "CT" }))).toEqual(["liver", "seldom", "cord", "kidney", "weak"]);
});

test("modality and region leave out what cannot be there; words that the vocabulary does not have leave out nothing", () => {
  expect(ids(namesToFind(TERMS, { modality: "MR" }))).toEqual(["liver", "brain"]);
  expect(ids(namesToFind(TERMS, { modality: "CT", region: "ABDOMEN" }))).toEqual(["liver", "cord", "kidney"]);
  expect(ids(namesToFind(TERMS, { modality: "CT", region: "head" }))).toEqual([]);
  expect(ids(namesToFind(TERMS, { modality: "OT", region: "elsewhere" }))).toEqual([
    "liver",
    "brain",
    "cord",
    "kidney",
  ]);
});

test("a task leaves out every other kind of structure, also for masks that are to be named", () => {
  const terms = [
    term("aorta", { kind: "vessel", measured: measure(0.9) }),
    term("liver", { kind: "organ", measured: measure(0.8) }),
    term("weak-vessel", { kind: "vessel", measured: measure(0.3) }),
    term("of-no-kind", { measured: measure(0.9) }),
  ];
  expect(ids(namesToFind(terms, { modality: "CT", task: "vessel" }))).toEqual(["aorta"]);
  expect(ids(namesToTell(terms, { modality: "CT", task: "vessel" }))).toEqual(["aorta", "weak-vessel"]);
  expect(namesToFind(terms, { modality: "CT", task: "device" })).toEqual([]);
});

test("what nobody says of an image is what its file says, and no file says a task", () => {
  const image = { modality: "CT", bodyPart: "head" };
  expect(scopeOf(image, undefined)).toEqual({ modality: "CT", region: "head", task: undefined });
  expect(scopeOf(image, { bodyPart: "all", task: "bone" })).toEqual({ modality: "CT", region: "all", task: "bone" });
  expect(ids(namesToFind(TERMS, scopeOf(image, { bodyPart: "all" })))).toEqual(["liver", "cord", "kidney"]);
  expect(ids(namesToFind(TERMS, scopeOf(image, {})))).toEqual([]);
});

test("a structure counts as shown from its measured presence on, and never below a half", () => {
  const thresholds = Object.fromEntries(namesToFind(TERMS, {}).map(({ id, threshold }) => [id, threshold]));
  expect(thresholds).toEqual({ liver: 0.5, brain: 0.5, cord: 0.7, kidney: 0.7 });
});
