/** `bench phrases`: how often the right structure is among the first three suggestions for what is no name, by letters and with a text encoder. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PhraseMeasures } from "../../core/text/names-tables.ts";
import { loadVocabulary } from "../../server/models/vocabulary.ts";
import { ignoreEvents } from "../../server/ops/events.ts";
import { createNameService } from "../../server/text/name-service.ts";

interface Phrase {
  readonly kind: string;
  readonly text: string;
  /** Ids of the terms that it may mean. */
  readonly terms: readonly string[];
}

const FIRST = 3;

/** `bench phrases --text-encoder DIR --name NAME [--out FILE]`. */
export async function phrases(args: readonly string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { "text-encoder": text, name: text, out: text } });
  const encoder = values["text-encoder"];
  if (encoder === undefined) throw new RangeError("bench phrases expects --text-encoder DIR.");
  const vocabulary = await loadVocabulary("models/vocabulary.json");
  const byName = new Map(vocabulary.entries.map(({ id, name }) => [name, id]));
  const kindOf = new Map(vocabulary.entries.map(({ id, kind }) => [id, kind]));
  const cacheDir = await mkdtemp(join(tmpdir(), "phrases-"));
  const service = await createNameService({ vocabulary, encoder, cacheDir, observe: ignoreEvents });
  const kinds = new Map<string, PhraseMeasures["kinds"][number]>();
  for (const { kind, text: phrase, terms } of await readPhrases("test/fixtures/free-phrases.tsv")) {
    const isRight = (names: readonly string[]) =>
      Number(names.slice(0, FIRST).some((name) => terms.includes(byName.get(name) ?? "")));
    const letters = isRight(vocabulary.resolve(phrase).suggestions);
    const answer = await service.resolve(phrase);
    if (answer.known) throw new RangeError(`"${phrase}" is a name: it belongs to another table.`);
    const meaning = isRight(answer.suggestions);
    const task = isRight((await service.resolve(phrase, { task: kindOf.get(terms[0] ?? "") })).suggestions);
    if (!meaning) process.stderr.write(`missed: ${phrase} → ${answer.suggestions.join(", ")}\n`);
    const sum = kinds.get(kind) ?? { of: kind, phrases: 0, letters: 0, meaning: 0, task: 0 };
    kinds.set(kind, {
      of: kind,
      phrases: sum.phrases + 1,
      letters: sum.letters + letters,
      meaning: sum.meaning + meaning,
      task: sum.task + task,
    });
  }
  await service.close({ graceMs: 0 });
  await rm(cacheDir, { recursive: true, force: true });
  const measures: PhraseMeasures = { encoder: values.name ?? "a text encoder", kinds: [...kinds.values()] };
  const json = `${JSON.stringify(measures, undefined, 1)}\n`;
  if (values.out) await writeFile(values.out, json);
  else process.stdout.write(json);
}

/** Lines of kind, phrase and terms, with tabs between. */
async function readPhrases(path: string): Promise<Phrase[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [kind = "", text = "", terms = ""] = line.split("\t");
    return { kind, text, terms: terms.split(" ") };
  });
}
