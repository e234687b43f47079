/** Phrases that are no name, with a text encoder in its own process. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createVocabulary } from "../../../core/text/vocabulary.ts";
import type { VocabularyEntry } from "../../../core/wire/index.ts";
import { ignoreEvents } from "../../../server/ops/events.ts";
import { createNameService } from "../../../server/text/name-service.ts";
import { bagOfWords } from "./hub-folder.ts";

const entry = (id: string, more: Partial<VocabularyEntry> = {}): VocabularyEntry => ({
  ...{ id, name: id, synonyms: [], modalities: ["CT"] },
  ...more,
});
const ENTRIES = [
  entry("stomach", { synonyms: ["belly"] }),
  entry("spleen"),
  entry("kidney"),
  entry("left-kidney", { name: "left kidney", side: "left", parent: "kidney" }),
  entry("ascites", { taught: false, instead: ["stomach"] }),
];
/** Food means the stomach, urine the kidney. */
const WORDS = {
  ...{ stomach: [1, 0, 0], belly: [1, 0, 0], food: [1, 0.1, 0], spleen: [0, 1, 0] },
  ...{ kidney: [0, 0, 1], urine: [0, 0.1, 1], left: [0, 0, 0], ascites: [0, 1, 1] },
};

async function serviceOf(cacheDir?: string) {
  const dir = cacheDir ?? (await mkdtemp(join(tmpdir(), "names-")));
  const encoder = await bagOfWords(WORDS);
  const service = await createNameService({
    ...{ vocabulary: createVocabulary(ENTRIES), encoder, cacheDir: dir, observe: ignoreEvents },
  });
  onTestFinished(async () => {
    await service.close({ graceMs: 0 });
    await rm(dir, { recursive: true, force: true });
  });
  return { service, dir, encoder };
}

test("a phrase that is no name gets the names that are near in meaning, and stays unknown", async () => {
  const { service } = await serviceOf();
  expect(await service.resolve("food")).toMatchObject({ known: false, term: null, suggestions: ["stomach"] });
  expect(await service.resolve("urine")).toMatchObject({ known: false, suggestions: ["kidney"] });
  expect(await service.resolve("left urine")).toMatchObject({ known: false, suggestions: ["left kidney"] });
  expect(service.degraded()).toEqual([]);
});

test("names, typos and names that were not taught are answered as without an encoder", async () => {
  const { service } = await serviceOf();
  expect(await service.resolve("Left kidny")).toMatchObject({ known: true, term: "left-kidney" });
  expect(await service.resolve("belly")).toMatchObject({ known: true, term: "stomach" });
  expect(await service.resolve("ascites")).toMatchObject({
    known: false,
    untaught: "ascites",
    suggestions: ["stomach"],
  });
});

test.each([
  ["a million letters", "a".repeat(1e6)],
  ["a million words", "food ".repeat(2e5)],
  ["control characters", "\u0000\u0007food\u001b[31m"],
  ["text from right to left", "\u202eكبد\u202c"],
  ["emoji", "🫀🫁👩‍⚕️"],
  ["letters that look alike", "lіvеr"],
  ["a lone surrogate", "\ud800"],
  ["nothing but spaces", "   "],
])("%s gets an answer and names nothing", async (_, text) => {
  const { service } = await serviceOf();
  const answer = await service.resolve(text);
  expect(answer).toMatchObject({ known: false, term: null });
  expect(service.degraded()).toEqual([]);
});

test("what the encoder says of the names is kept on disk, and a damaged file is written again", async () => {
  const { service, dir } = await serviceOf();
  await service.close({ graceMs: 0 });
  const [kept] = await readdir(join(dir, "names"));
  await writeFile(join(dir, "names", kept!), "not whole");
  const again = await serviceOf(dir);
  expect(await again.service.resolve("food")).toMatchObject({ suggestions: ["stomach"] });
  expect(await readdir(join(dir, "names"))).toEqual([kept]);
});

test("a folder that is no text encoder stops the start and says why", async () => {
  const options = { vocabulary: createVocabulary(ENTRIES), cacheDir: tmpdir(), observe: ignoreEvents };
  await expect(createNameService({ ...options, encoder: tmpdir() })).rejects.toMatchObject({
    code: "InvalidRequest",
    detail: { path: "text-encoder", reason: "has no config.json" },
  });
});
