/**
 * `bench names`: what the model makes of every name that labelled images can check, term by term. Writes the file that
 * the server gives with its vocabulary.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { withMeasures } from "../../core/text/measures.ts";
import { createVocabulary } from "../../core/text/vocabulary.ts";
import type { NameMeasures } from "../../core/wire/text.ts";
import { loadModels } from "../../server/models/registry.ts";
import { loadVocabulary } from "../../server/models/vocabulary.ts";
import { createPredictor } from "../accuracy/predictor.ts";
import { judgeCascade } from "./cascade.ts";
import { judgePictures } from "./pictures.ts";
import { type Asked, summaryOf } from "./summary.ts";
import { judgeTelling } from "./telling.ts";
import { judgeVolumes } from "./volumes.ts";

/** `bench names [--data DIR] [--model DIR] [--out FILE]`. Whole slices, no zoom: what one name alone gives. */
export async function names(args: readonly string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { data: text, model: text, out: text } });
  const data = values.data ?? process.env.PROMPTOMY_DATA ?? "../shared/data";
  const dir = values.model ?? "models/default";
  const [model] = (await loadModels([dir])).list();
  if (!model) throw new RangeError(`No model in ${dir}.`);
  const [predictor, vocabulary] = await Promise.all([createPredictor(model), loadVocabulary("models/vocabulary.json")]);
  const asked: Asked[] = [];
  const note = (line: string) => process.stderr.write(`${line}\n`);
  for await (const one of judgePictures({ data, predictor, vocabulary, note })) asked.push(one);
  for await (const one of judgeVolumes({ data, predictor, vocabulary, note })) asked.push(one);
  const gathered = summaryOf(asked);
  const measured = createVocabulary(withMeasures(vocabulary.entries, gathered));
  const telling = await judgeTelling({ data, predictor, vocabulary: measured, note });
  await predictor.release();
  const { id, manifest } = model;
  const measures = { model: id, version: manifest.version, made: "npm run bench -- names", ...gathered, ...telling };
  const cascade = await judgeCascade({ data, model: dir, measures, note });
  const summary: NameMeasures = { ...measures, cascade };
  const json = `${JSON.stringify(summary, undefined, 1)}\n`;
  if (values.out) await writeFile(values.out, json);
  else process.stdout.write(json);
}
