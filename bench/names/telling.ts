/** What masks are called by the names that agree with them, and what it is worth to say the kind of image. */
import { nameMask } from "../../core/annotation/find-all.ts";
import { type Mask, maskArea, maskDice } from "../../core/mask/mask.ts";
import { namesToTell } from "../../core/text/candidates.ts";
import type { NameMeasures } from "../../core/wire/text.ts";
import { contextOf, readCase, readIndex } from "../accuracy/data-set.ts";
import type { View } from "../accuracy/predictor.ts";
import { createRandom } from "../accuracy/random.ts";
import { boxAround, firstClick } from "../accuracy/user.ts";
import { ask, type NamesBench } from "./pictures.ts";

const SPLITS = ["val", "val-unseen"] as const;
const SEED = "telling";
const MOST_OF_SOURCE = 6;
const LEAST_PIXELS = 30;
const LEVELS = [0.1, 0.2, 0.4, 0.6, 0.8] as const;

interface Told {
  readonly split: string;
  readonly by: "click" | "box";
  /** The task was said that the structure belongs to. */
  readonly tasked: boolean;
  readonly right: string;
  readonly names: readonly { readonly id: string; readonly confidence: number }[];
}

interface InContext {
  readonly split: string;
  readonly said: number;
  readonly unsaid: number;
}

/** Reads pictures that were held back; `vocabulary` has the measures that choose the names. */
export async function judgeTelling({ data, predictor, vocabulary, note }: NamesBench) {
  const held = (await readIndex(`${data}/train`)).filter(({ split }) => SPLITS.some((name) => name === split));
  const sources = [...new Set(held.map(({ source }) => source))];
  const told: Told[] = [];
  const contexts: InContext[] = [];
  for (const source of sources) {
    const own = held.filter((item) => item.source === source);
    for (const item of createRandom(`${SEED}|${source}`).shuffled(own).slice(0, MOST_OF_SOURCE)) {
      const { split } = item;
      const modality = contextOf(item);
      const labelled = await readCase(`${data}/train`, item, { perStructure: 0, seed: SEED });
      const view = (await predictor.see({ ...labelled, modality }, ["f32"])).get("f32");
      const unsaid = (await predictor.see({ ...labelled, modality: "auto" }, ["f32"])).get("f32");
      if (!view || !unsaid) continue;
      const asked = keptAnswers(view);
      for (const { name, mask } of labelled.structures.filter(({ mask }) => maskArea(mask) >= LEAST_PIXELS)) {
        const found = await ask(view, vocabulary, name, modality);
        if (!found) continue;
        const alone = await ask(unsaid, vocabulary, name, modality);
        if (alone) contexts.push({ split, said: maskDice(found.mask, mask), unsaid: maskDice(alone.mask, mask) });
        for (const [by, prompt] of [
          ["click", firstClick(mask)],
          ["box", boxAround(mask)],
        ] as const) {
          const drawn = (await view.ask([prompt])).mask;
          const right = found.asked.term;
          const task = vocabulary.entries.find(({ id }) => id === right)?.kind;
          for (const of of [{ modality }, { modality, task }]) {
            const candidates = namesToTell(vocabulary.entries, of);
            told.push({ split, by, right, tasked: "task" in of, names: await nameMask(asked, drawn, { candidates }) });
          }
        }
      }
    }
    note(`telling ${source}`);
  }
  return { told: rowsOf(told), contexts: contextRows(contexts) };
}

/** One decode a name and slice, however many masks are compared with it. */
export function keptAnswers(view: View) {
  const kept = new Map<string, Promise<{ mask: Mask; presence: number }>>();
  return (text: string) => {
    const known =
      kept.get(text) ??
      view.ask([{ kind: "text", text }]).then(({ served, presence = 0 }) => ({ mask: served, presence }));
    kept.set(text, known);
    return known;
  };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function rowsOf(told: readonly Told[]): NonNullable<NameMeasures["told"]> {
  const row = (of: string, answers: readonly Told[]) => {
    const among = (count: number) =>
      answers.filter(({ right, names }) => names.slice(0, count).some(({ id }) => id === right)).length;
    const named = answers.filter(({ names }) => names.length > 0).length;
    return { of, masks: answers.length, named, first: among(1), three: among(3) };
  };
  const ofSplit = (split: string, by: Told["by"], tasked: boolean) =>
    told.filter((one) => one.split === split && one.by === by && one.tasked === tasked);
  const bySplit = SPLITS.flatMap((split) =>
    (["click", "box"] as const).flatMap((by) => [
      row(`${split}, one ${by}`, ofSplit(split, by, false)),
      row(`${split}, one ${by}, task said`, ofSplit(split, by, true)),
    ]),
  );
  const byLevel = LEVELS.map((least, n) => {
    const most = LEVELS[n + 1] ?? Number.POSITIVE_INFINITY;
    const within = ({ tasked, names: [first] }: Told) =>
      !tasked && first !== undefined && first.confidence >= least && first.confidence < most;
    return row(`confidence from ${least}`, told.filter(within));
  });
  return [...bySplit, ...byLevel];
}

function contextRows(pairs: readonly InContext[]): NonNullable<NameMeasures["contexts"]> {
  return SPLITS.map((split) => {
    const own = pairs.filter((pair) => pair.split === split);
    const mean = (values: readonly number[]) =>
      round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
    return {
      of: split,
      masks: own.length,
      said: mean(own.map(({ said }) => said)),
      unsaid: mean(own.map(({ unsaid }) => unsaid)),
    };
  });
}
