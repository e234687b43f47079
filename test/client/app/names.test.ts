import { expect, test } from "vitest";
import { createClickFilter } from "../../../client/app/annotate/click-filter.ts";
import type { OpenImage } from "../../../client/app/state/open-image.ts";
import { byRegion, matchingNames } from "../../../core/text/completion.ts";
import type { ListedTerm, Prompt } from "../../../core/wire/index.ts";

const entry = (name: string, synonyms: string[] = [], modalities = ["CT"]): ListedTerm => ({
  id: name.replaceAll(" ", "-"),
  name,
  synonyms,
  modalities,
});
const ENTRIES = [
  entry("left kidney"),
  entry("kidney", ["ren"]),
  entry("kidney tumor", [], ["US"]),
  entry("adrenal gland", ["suprarenal gland"]),
];
const names = (typed: string, modality = "CT") => matchingNames(ENTRIES, typed, { modality }).map(({ name }) => name);

test("names of this kind of image come first, then those that begin with what is typed", () => {
  expect(names("kid")).toEqual(["kidney", "left kidney", "kidney tumor"]);
  expect(names("kid", "US")[0]).toBe("kidney tumor");
});

test("names of what is looked for come first, and the others stay", () => {
  const terms = [
    { ...entry("kidney"), kind: "organ" as const },
    { ...entry("kidney stone"), kind: "lesion" as const },
  ];
  const found = matchingNames(terms, "kid", { modality: "CT", task: "lesion" });
  expect(found.map(({ name, fits }) => [name, fits])).toEqual([
    ["kidney stone", true],
    ["kidney", false],
  ]);
});

test("a synonym completes to its name, and nothing typed lists all", () => {
  expect(matchingNames(ENTRIES, "supra", { modality: "CT" })).toMatchObject([
    { name: "adrenal gland", synonym: "suprarenal gland" },
  ]);
  expect(names("")).toHaveLength(ENTRIES.length);
  expect(names("zzz")).toEqual([]);
});

test("the second half of a double click is dropped; a click elsewhere, later or of the other sign is not", () => {
  let now = 0;
  const repeats = createClickFilter(() => now);
  const image = {
    info: { imageId: `sha256:${"c".repeat(64)}` },
    plane: { plane: "native", width: 200, height: 200 },
    slice: 0,
  } as OpenImage;
  const click = (x: number, label: "foreground" | "background" = "foreground"): Prompt => ({
    kind: "point",
    x,
    y: 50,
    label,
  });
  expect(repeats(click(50), image)).toBe(false);
  now += 200;
  expect(repeats(click(51), image)).toBe(true);
  now += 200;
  expect(repeats(click(51), image)).toBe(false);
  expect(repeats(click(90), image)).toBe(false);
  expect(repeats(click(90, "background"), image)).toBe(false);
  now += 900;
  expect(repeats(click(90, "background"), image)).toBe(false);
});

test("a name in another language, a typo of an accent and an abbreviation complete too; what works comes first", () => {
  const measured = { cases: 9, dice: 0.9, found: 1, absentCases: 0, falseAlarms: null, threshold: null };
  const terms: ListedTerm[] = [
    { ...entry("liver tumor"), names: { de: ["Lebertumor"] } },
    { ...entry("liver"), names: { de: ["Leber"], es: ["hígado"] }, measured },
    { ...entry("inferior vena cava"), abbreviations: ["IVC"] },
    { ...entry("liver fluke"), taught: false },
  ];
  const found = (typed: string) => matchingNames(terms, typed, { modality: "CT" }).map(({ name }) => name);
  expect(found("leb")).toEqual(["liver", "liver tumor"]);
  expect(found("higado")).toEqual(["liver"]);
  expect(found("ivc")).toEqual(["inferior vena cava"]);
  expect(found("liv")).toEqual(["liver", "liver tumor", "liver fluke"]);
  expect(found("li")).not.toContain("liver fluke");
});

test("matches stand under their regions, in the order of the first of each", () => {
  const terms = [
    { ...entry("kidney"), region: "abdomen" },
    { ...entry("kidney bone"), region: "limb" },
    { ...entry("kidney cyst"), region: "abdomen" },
  ];
  const groups = byRegion(matchingNames(terms, "kid", { modality: "CT" }));
  expect(groups.map(([region, matches]) => [region, matches.map(({ name }) => name)])).toEqual([
    ["abdomen", ["kidney", "kidney cyst"]],
    ["limb", ["kidney bone"]],
  ]);
});
