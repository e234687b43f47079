/** Labelled pictures of patients and sources that were held back from training. */
import { maskDice } from "../../core/mask/mask.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { contextOf, readCase, readIndex } from "../accuracy/data-set.ts";
import type { Predictor, View } from "../accuracy/predictor.ts";
import { createRandom } from "../accuracy/random.ts";
import type { Asked } from "./summary.ts";

export interface NamesBench {
  readonly data: string;
  readonly predictor: Predictor;
  readonly vocabulary: Vocabulary;
  note(line: string): void;
}

const SPLITS: readonly string[] = ["val", "val-unseen"];
/** Names that only pictures of other modalities carry, asked of each picture. */
const ABSENT = 8;
const SEED = "names";
/** Of one source; several slices of a patient say one thing many times. */
const MOST_OF_SOURCE = 24;

export async function* judgePictures({ data, predictor, vocabulary, note }: NamesBench): AsyncGenerator<Asked> {
  const index = await readIndex(`${data}/train`);
  const held = index.filter(({ split }) => SPLITS.includes(split));
  const sources = [...new Set(held.map(({ source }) => source))];
  const chosen = sources.flatMap((source) =>
    createRandom(`${SEED}|${source}`)
      .shuffled(held.filter((item) => item.source === source))
      .slice(0, MOST_OF_SOURCE),
  );
  const named = held.map((item) => ({ context: contextOf(item), names: item.labels.map(({ name }) => name) }));
  for (const [n, item] of chosen.entries()) {
    const modality = contextOf(item);
    const labelled = await readCase(`${data}/train`, item, { perStructure: 0, seed: SEED });
    const view = (await predictor.see({ ...labelled, modality }, ["f32"])).get("f32");
    if (!view) continue;
    for (const { name, mask } of labelled.structures) {
      const found = await ask(view, vocabulary, name, modality);
      if (found) yield { ...found.asked, from: item.id, dice: maskDice(found.mask, mask) };
    }
    const mine = new Set(named.filter(({ context }) => context === modality).flatMap(({ names }) => names));
    const others = new Set(named.flatMap(({ names }) => names).filter((name) => !mine.has(name)));
    for (const name of createRandom(`${SEED}|${item.id}`)
      .shuffled([...others].sort())
      .slice(0, ABSENT)) {
      const found = await ask(view, vocabulary, name, undefined);
      if (found) yield { ...found.asked, from: item.id };
    }
    note(`${n + 1}/${chosen.length} ${item.id}`);
  }
}

/** The model's answer to a name as the product asks it: canonical, without its side. */
export async function ask(view: View, vocabulary: Vocabulary, name: string, modality: string | undefined) {
  const answer = vocabulary.resolve(name, { modality });
  if (!answer.known || answer.side) return undefined;
  const { served, presence = 0 } = await view.ask([{ kind: "text", text: answer.name }]);
  return { asked: { term: answer.term, presence }, mask: served };
}
