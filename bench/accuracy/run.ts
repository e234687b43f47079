/** Judges models and baselines on the splits of a data set, picture by picture. */

import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { loadModels, type Model } from "../../server/models/registry.ts";
import { loadVocabulary } from "../../server/models/vocabulary.ts";
import { type Case, choose, contextOf, type LabelledSlice, readCase, readIndex, type Target } from "./data-set.ts";
import { greyOf } from "./grey.ts";
import { BASELINES, judgeAbsent, judgeBaseline, judgeObject, judgePresent, MOST_CLICKS, type Scores } from "./judge.ts";
import type { Row } from "./metrics.ts";
import { createPredictor, type Predictor, type View, type WireName } from "./predictor.ts";
import { createRandom } from "./random.ts";
import { type Click, stroke } from "./user.ts";

export interface AccuracyOptions {
  /** Folder with `index.jsonl`. */
  readonly data: string;
  readonly splits: readonly string[];
  /** Only these sources; all when left out. */
  readonly sources?: readonly string[];
  /** Model folders; the first one's clicks are those of the baselines. */
  readonly models: readonly string[];
  readonly limitPerSource: number;
  /** Instances of one structure in one picture. */
  readonly perStructure: number;
  /** Count clicks up to 20. */
  readonly noc: boolean;
  readonly baselines: boolean;
  /** Judge int8 and int4 embeddings as well. */
  readonly wires: boolean;
  /** Tell the model the modality. */
  readonly context: boolean;
  /** Answer small objects from a crop, as the product does. */
  readonly zoom: boolean;
  readonly seed: string;
  /** 0: as many as ONNX Runtime likes. */
  readonly threads: number;
  note(text: string): void;
}

/** One object, or one name, judged by one method. */
export interface Judged extends Row {
  readonly split: string;
  readonly method: string;
  readonly context: string;
  readonly image: string;
  readonly name: string;
  /** The name is that of a lesion. */
  readonly isLesion?: boolean;
}

/** Suffix of a method whose embedding went over a wire; full precision has none. */
const SUFFIX: Readonly<Record<WireName, string>> = { f32: "", i8: " · int8", i4: " · int4" };

/** Judges everything that the options ask for. Throws RangeError for an unknown split, SegmenterError for a bad model. */
export async function runAccuracy(options: AccuracyOptions): Promise<Judged[]> {
  const index = await readIndex(options.data);
  const vocabulary = await loadVocabulary("models/vocabulary.json");
  const trained = namesByContext(index.filter(({ split }) => split === "train"));
  const predictors: Predictor[] = [];
  const rows: Judged[] = [];
  try {
    for (const model of await modelsOf(options.models)) predictors.push(await createPredictor(model, options));
    for (const split of options.splits) {
      const cases = index.filter((item) => item.split === split && (options.sources?.includes(item.source) ?? true));
      if (cases.length === 0) throw new RangeError(`There is no picture of "${split}" in ${options.data}.`);
      const chosen = choose(cases, options.limitPerSource, options.seed);
      for (const [n, item] of chosen.entries()) {
        rows.push(...(await judgeCase(item, absentNames(item, trained, options.seed), predictors, options)));
        options.note(`${split} ${n + 1}/${chosen.length} ${item.id}`);
      }
    }
  } finally {
    await Promise.all(predictors.map((predictor) => predictor.release()));
  }
  const lesions = lesionsOf(vocabulary, rows);
  return rows.map((row) => (lesions.has(row.name) ? { ...row, isLesion: true } : row));
}

/** Those names of the rows that the vocabulary holds for lesions. */
function lesionsOf({ entries, resolve }: Pick<Vocabulary, "entries" | "resolve">, rows: readonly Judged[]) {
  const kinds = new Map(entries.map(({ id, kind }) => [id, kind]));
  const names = [...new Set(rows.map(({ name }) => name))];
  return new Set(
    names.filter((name) => {
      const found = resolve(name, {});
      return found.known && kinds.get(found.term) === "lesion";
    }),
  );
}

async function modelsOf(dirs: readonly string[]): Promise<readonly Model[]> {
  const registry = await loadModels(dirs);
  const [refused] = registry.refused();
  if (refused) throw refused.error;
  if (registry.list().length === 0) throw new RangeError(`No manifest.json in ${dirs.join(", ")}.`);
  return registry.list();
}

async function judgeCase(
  item: Case,
  absent: readonly string[],
  predictors: readonly Predictor[],
  options: AccuracyOptions,
): Promise<Judged[]> {
  const labelled = await readCase(options.data, item, options);
  const context = contextOf(item);
  const shown = { ...labelled, modality: options.context ? context : "auto" };
  const tag = { split: item.split, source: item.source, context, image: item.id };
  const rows: Judged[] = [];
  const clicks = new Map<Target, readonly Click[]>();
  for (const predictor of predictors) {
    const views = await predictor.see(shown, options.wires ? ["f32", "i8", "i4"] : ["f32"]);
    for (const [wire, view] of views) {
      const method = `${predictor.id}${SUFFIX[wire]}`;
      for (const { target, scores, used } of await objects(view, predictor, labelled, options)) {
        rows.push({ ...tag, method, name: target.name, scores });
        if (!clicks.has(target)) clicks.set(target, used);
      }
      if (wire !== "f32" || !predictor.takes("text")) continue;
      for (const target of labelled.structures) {
        rows.push({ ...tag, method, name: target.name, scores: await judgePresent(view, target) });
      }
      for (const name of absent) rows.push({ ...tag, method, name, scores: await judgeAbsent(view, name) });
    }
  }
  if (!options.baselines) return rows;
  return [...rows, ...baselineRows(labelled, clicks).map((row) => ({ ...tag, ...row }))];
}

async function objects(view: View, { takes }: Predictor, { instances }: LabelledSlice, options: AccuracyOptions) {
  const judged: { target: Target; scores: Scores; used: readonly Click[] }[] = [];
  for (const target of instances) {
    const trial = {
      truth: target.mask,
      stroke: stroke(target.mask),
      most: options.noc ? MOST_CLICKS : 5,
      takes,
    };
    const { scores, clicks } = await judgeObject(view, trial);
    judged.push({ target, scores, used: clicks });
  }
  return judged;
}

function baselineRows({ slice, window, instances }: LabelledSlice, clicks: ReadonlyMap<Target, readonly Click[]>) {
  const grey = greyOf(slice, window);
  return instances.flatMap((target) => {
    const drawn = { truth: target.mask, stroke: stroke(target.mask), clicks: clicks.get(target) ?? [] };
    return Object.entries(BASELINES).map(([method, segment]) => ({
      method,
      name: target.name,
      scores: judgeBaseline((seeds) => segment(grey, seeds), drawn),
    }));
  });
}

function namesByContext(cases: readonly Case[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const item of cases) {
    const context = contextOf(item);
    const known = names.get(context) ?? new Set();
    names.set(context, known);
    for (const { name } of item.labels) known.add(name);
  }
  return names;
}

/** Two names that only pictures of other contexts carry in training. */
function absentNames(item: Case, names: ReadonlyMap<string, ReadonlySet<string>>, seed: string): string[] {
  const mine = names.get(contextOf(item)) ?? new Set();
  const others = new Set([...names.values()].flatMap((known) => [...known]).filter((name) => !mine.has(name)));
  return createRandom(`${seed}|${item.id}|absent`)
    .shuffled([...others].sort())
    .slice(0, 2);
}
