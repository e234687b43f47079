import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PRESETS, type PresetSegment } from "../../../core/text/presets.ts";
import { createVocabulary } from "../../../core/text/vocabulary.ts";
import { VocabularyEntry } from "../../../core/wire/index.ts";
import { repositoryRoot } from "../../support/data.ts";

const file = readFileSync(join(repositoryRoot, "models/vocabulary.json"), "utf8");
const { entries } = createVocabulary(VocabularyEntry.array().parse(JSON.parse(file)));
const lists: [string, readonly PresetSegment[]][] = Object.entries(PRESETS);

describe.each(lists)("the preset %s", (_, segments) => {
  test.each(segments)("names $name as the vocabulary does, with its code", ({ name, code }) => {
    const entry = entries.find((other) => other.name === name);
    expect(entry).toBeDefined();
    expect(code).toEqual(entry?.code);
  });

  test("gives each segment a colour of its own", () => {
    const colours = segments.map(({ colour }) => colour);
    expect(new Set(colours).size).toBe(segments.length);
    for (const colour of colours) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
  });
});
