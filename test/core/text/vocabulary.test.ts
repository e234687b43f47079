/** What texts mean: spellings, modalities, phrases that people type, and laws that hold for any text. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPhrase } from "../../../core/text/words.ts";
import { TextPromptAnswer } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";
import { claims, entries, sayings, taught, vocabulary } from "./shipped-names.ts";

describe("spellings of one structure", () => {
  test.each([
    ["LIVER", "liver"],
    ["  the liver. ", "liver"],
    ["Segment the left kidney", "left-kidney"],
    ["show me the spleen, please", "spleen"],
    ["liver on CT", "liver"],
    ["lung in this x-ray", "lung"],
    ["both kidneys", "kidney"],
    ["kidney, left", "left-kidney"],
    ["LT kidney", "left-kidney"],
    ["L kidney", "left-kidney"],
    ["Kidney_L", "left-kidney"],
    ["kidney-rt", "right-kidney"],
    ["left-sided kidney", "left-kidney"],
    ["rightkidney", "right-kidney"],
    ["Parotid-Lt", "left-parotid-gland"],
    ["right lens", "right-lens-of-the-eye"],
    ["right shoulder-blade", "right-scapula"],
    ["œsophagus", "esophagus"],
    ["Oesophagus", "esophagus"],
    ["liver tumour", "liver-tumor"],
    ["grey matter", "gray-matter"],
    ["subdural haematomas", "subdural-hematoma"],
    ["foetal head", "fetal-head"],
    ["pulmonary arteries", "pulmonary-artery"],
    ["nuclei", "cell-nucleus"],
    ["glomeruli", "glomerulus"],
    ["lung masses", "lung-tumor"],
    ["ivc", "inferior-vena-cava"],
    ["vena cava inferior", "inferior-vena-cava"],
    ["pulmo sinister", "left-lung"],
    ["hépar", "liver"],
    ["gall bladder", "gallbladder"],
    ["brain-stem", "brainstem"],
    ["3rd ventricle", "third-ventricle"],
    ["L 1", "vertebra-l1"],
    ["third lumbar vertebra", "vertebra-l3"],
    ["L4/5 disk", "intervertebral-disc-l4-l5"],
    ["L5S1 disc", "intervertebral-disc-l5-s1"],
    ["left 3rd rib", "left-rib-3"],
    ["L rib 1", "left-rib-1"],
    ["Barrett’s oesophagus", "barretts-esophagus"],
    ["optic disk", "optic-disc"],
    ["Caecum", "cecum"],
    ["shin bone", "tibia"],
  ])("%j is %s, without a doubt", (text, term) => {
    expect(vocabulary.resolve(text)).toMatchObject({ term, known: true, confidence: 1, suggestions: [] });
  });

  test.each([
    ["panceras", "pancreas"],
    ["kidny", "kidney"],
    ["splean", "spleen"],
    ["left hipocampus", "left-hippocampus"],
    ["gall blader", "gallbladder"],
    ["mitrl valve", "mitral-valve"],
    ["prostrate", "prostate"],
    ["stomache", "stomach"],
  ])("%j is a typo of %s", (text, term) => {
    const { confidence, ...answer } = vocabulary.resolve(text);
    expect(answer).toMatchObject({ term, known: true });
    expect(confidence).toBeGreaterThan(0.7);
    expect(confidence).toBeLessThan(1);
  });

  test("says which synonym the text is a spelling of", () => {
    expect(vocabulary.resolve("Windpipes", { modality: "CT" }).synonymsMatched).toEqual(["windpipe"]);
    expect(vocabulary.resolve("the trachea").synonymsMatched).toEqual([]);
  });
});

describe("names that are not known", () => {
  test.each("radius ulna tongue larynx ureter urethra testis cornea tooth placenta diaphragm insula pons".split(" "))(
    "%s is not taken for something that is spelt alike",
    (text) => {
      expect(vocabulary.resolve(text)).toMatchObject({ known: false, term: null, name: null, confidence: 0 });
    },
  );

  test.each([
    ["parotid artery", "common carotid artery"],
    ["left liver", "liver"],
    ["not the liver", "liver"],
    ["heart and lungs", "lung"],
    ["inferior cava", "inferior vena cava"],
    ["left lower lobe", "left lung lower lobe"],
  ])("%j suggests %s", (text, name) => {
    const { known, suggestions } = vocabulary.resolve(text);
    expect(known).toBe(false);
    expect(suggestions).toContain(name);
    expect(suggestions.length).toBeLessThanOrEqual(5);
  });

  test.each(["xyzzy", "asdf qwer", "the image", "печень", "", "constructor __proto__", "42"])(
    "%j suggests nothing",
    (text) => {
      expect(vocabulary.resolve(text)).toMatchObject({ known: false, suggestions: [] });
    },
  );

  test("a name of several structures in one modality is asked back", () => {
    const names = ["benign liver lesion", "malignant liver lesion"];
    expect(vocabulary.resolve("liver lesion", { modality: "US" })).toMatchObject({ known: false, suggestions: names });
  });
});

describe("the modality", () => {
  test.each([
    ["windpipe", "DX", "trachea-and-main-bronchi"],
    ["windpipe", "CT", "trachea"],
    ["breast cancer", "US", "malignant-breast-tumor"],
    ["breast cancer", "MG", "malignant-breast-lesion"],
    ["breast mass", undefined, "breast-lesion"],
    ["heart", "CR", "heart"],
    ["heart", "OT", "heart"],
    ["spleen", "US", "spleen"],
  ])("%s in %s is %s", (text, modality, term) => {
    expect(vocabulary.resolve(text, { modality })).toMatchObject({ known: true, term });
  });
});

describe("phrases that people type", () => {
  const phrases = readFileSync(join(repositoryRoot, "test/fixtures/phrases.tsv"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"));

  test("there are at least four hundred, in eight languages", () => expect(phrases.length).toBeGreaterThanOrEqual(400));

  test.each(phrases)("%j is %s", (text = "", meaning) => {
    const { term, ...rest } = vocabulary.resolve(text);
    const untaught = rest.known ? undefined : rest.untaught;
    expect(untaught === undefined ? (term ?? "?") : `!${untaught}`).toBe(meaning);
  });
});

describe("laws", () => {
  test("each name is its own entry", () => {
    for (const { id, name } of taught) {
      const modality = name === "trachea" ? "CT" : undefined;
      expect(vocabulary.resolve(name, { modality })).toMatchObject({ term: id, name, known: true, confidence: 1 });
    }
  });

  test("each synonym that one entry has is that entry, in every modality", () => {
    for (const { entry, text } of sayings) {
      if (claims.get(readPhrase(text).key)?.size !== 1) continue;
      for (const modality of [undefined, "CT", "MR", "US", "OT"]) {
        expect(vocabulary.resolve(text, { modality }), text).toMatchObject({ term: entry.id, known: true });
      }
    }
  });

  test("a synonym that several entries have is one of them or is asked back", () => {
    for (const { entry, text } of sayings) {
      const owners = claims.get(readPhrase(text).key) ?? new Set();
      const { term, suggestions } = vocabulary.resolve(text, { modality: entry.modalities[0] });
      const offered = entries.filter(({ name }) => suggestions.includes(name)).map(({ id }) => id);
      expect([...owners]).toEqual(expect.arrayContaining(term === null ? offered : [term]));
      expect(offered.length === 0).toBe(term !== null);
    }
  });

  test("resolving the canonical name again changes nothing", () => {
    for (const { text } of sayings) {
      for (const modality of ["CT", "MR", "XR", "US", "OT"]) {
        const first = vocabulary.resolve(text, { modality });
        if (first.known) expect(vocabulary.resolve(first.name, { modality }).term, text).toBe(first.term);
      }
    }
  });

  test("case, order of words, filler and commas do not matter", () => {
    const said = fc.constantFrom(...sayings).chain(({ text }) => {
      const words = text.split(" ");
      const shuffled = words.some((word) => /^\d|^[LR]$/.test(word))
        ? fc.constant(words)
        : fc.shuffledSubarray(words, { minLength: words.length });
      return fc.record({
        text: fc.constant(text),
        words: shuffled,
        upper: fc.boolean(),
        before: fc.constantFrom("", "the ", "segment "),
      });
    });
    const law = fc.property(said, ({ text, words, upper, before }) => {
      const other = before + words.join(", ");
      expect(vocabulary.resolve(upper ? other.toUpperCase() : other).term).toBe(vocabulary.resolve(text).term);
    });
    fc.assert(law, { numRuns: 300 });
  });

  test("one swapped pair of letters in a long word is mended or asked back, and never another structure", () => {
    const long = taught.filter(({ name }) => /^[a-z]{8,}$/.test(name));
    const typo = fc.tuple(fc.constantFrom(...long), fc.integer({ min: 1, max: 6 }));
    const law = fc.property(typo, ([{ name }, i]) => {
      const text = name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2);
      const answer = vocabulary.resolve(text);
      expect(answer.known ? [answer.name] : answer.suggestions).toContain(name);
    });
    fc.assert(law, { numRuns: 100 });
  });

  test("any string gets an answer of the documented form", () => {
    const modality = fc.option(fc.string(), { nil: undefined });
    const law = fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), modality, (text, given) => {
      expect(TextPromptAnswer.safeParse(vocabulary.resolve(text, { modality: given })).success).toBe(true);
    });
    fc.assert(law, { numRuns: 300 });
  });

  test.each([
    ["words", "liver ".repeat(170_000)],
    ["one word", "l".repeat(1_000_000)],
    ["Han letters", "肝".repeat(1_000_000)],
    ["control characters", "\u0000\u0007\u001b".repeat(300_000)],
    ["marks on one letter", `l${"\u0301".repeat(999_999)}`],
  ])("a text of a million letters is answered: %s", (_, text) => {
    expect(vocabulary.resolve(text).known).toBe(false);
  });

  test.each([
    ["control characters between words", "left\u0000kidney\u0007", "left-kidney"],
    ["right-to-left marks", "\u202eliver\u202c", "liver"],
    ["emoji", "liver 🫀🙂", "liver"],
    ["full-width letters", "ｌｉｖｅｒ", "liver"],
    ["ligatures", "ﬁbula", "fibula"],
    ["zero-width joiners", "liver\u200d", "liver"],
  ])("hostile text is read for its words: %s", (_, text, term) => {
    expect(vocabulary.resolve(text)).toMatchObject({ known: true, term });
  });

  test("letters that only look Latin are not", () => {
    expect(vocabulary.resolve("lіvеr").term).not.toBe("kidney");
    expect(vocabulary.resolve("ливер")).toMatchObject({ known: false, suggestions: [] });
  });
});
