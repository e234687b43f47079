/** A lesion by its name in one call: found on the whole slice, looked at again from near, and named by its mask. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSegmenterError } from "../../core/errors.ts";
import { maskArea, maskDice } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { NameMeasures } from "../../core/wire/text.ts";
import { createServices, type Services } from "../../server/services.ts";
import { readSettings } from "../../server/settings.ts";
import { type Case, contextOf, readCase, readIndex } from "../accuracy/data-set.ts";
import { createRandom } from "../accuracy/random.ts";

const SPLITS: readonly string[] = ["val", "val-unseen"];
const SEED = "cascade";
const MOST_OF_SOURCE = 24;
/** Of the slice. */
const SIZES = [
  { of: "below 0.5 % of the slice", below: 0.005 },
  { of: "0.5 to 2 %", below: 0.02 },
  { of: "above 2 %", below: Number.POSITIVE_INFINITY },
] as const;

interface Looked {
  readonly share: number;
  /** Dice of the whole slice's answer, and of the closer look's. */
  readonly whole: number;
  readonly near: number;
  readonly isNear: boolean;
  readonly found: boolean;
  readonly right: boolean;
}

type Row = NonNullable<NameMeasures["cascade"]>[number];

export interface CascadeBench {
  readonly data: string;
  /** Folder of the model. */
  readonly model: string;
  /** What was just measured of its names: which of them a mask may be called. */
  readonly measures: NameMeasures;
  note(line: string): void;
}

/** Pictures that were held back, through the server's own answer path. */
export async function judgeCascade({ data, model, measures, note }: CascadeBench): Promise<Row[]> {
  const cacheDir = await mkdtemp(join(tmpdir(), "cascade-"));
  const measured = join(cacheDir, "model");
  await cp(model, measured, { recursive: true });
  await writeFile(join(measured, "names.json"), JSON.stringify(measures));
  const services = await createServices(readSettings({ cacheDir, device: "cpu", modelDirs: [measured] }));
  const looked: Looked[] = [];
  try {
    for (const item of await lesionCases(data, services)) {
      looked.push(...(await look(item, { data, services })));
      note(`cascade ${item.id}`);
    }
  } finally {
    await services.close();
    await rm(cacheDir, { recursive: true, force: true });
  }
  return SIZES.map(({ of, below }, n) =>
    rowOf(
      of,
      looked.filter(({ share }) => share < below && share >= (SIZES[n - 1]?.below ?? 0)),
    ),
  );
}

/** The term that a label means, where it is a lesion that the model was taught. */
function lesionOf({ vocabulary }: Services, name: string, modality: string): string | undefined {
  const answer = vocabulary.resolve(name, { modality });
  const entry = answer.known ? vocabulary.entries.find(({ id }) => id === answer.term) : undefined;
  return entry?.kind === "lesion" ? entry.id : undefined;
}

async function lesionCases(data: string, services: Services): Promise<Case[]> {
  const held = (await readIndex(`${data}/train`)).filter((item) => {
    const isLesion = item.labels.some(({ name }) => lesionOf(services, name, contextOf(item)));
    return SPLITS.includes(item.split) && isLesion;
  });
  return [...new Set(held.map(({ source }) => source))].flatMap((source) =>
    createRandom(`${SEED}|${source}`)
      .shuffled(held.filter((item) => item.source === source))
      .slice(0, MOST_OF_SOURCE),
  );
}

async function look(item: Case, { data, services }: { data: string; services: Services }): Promise<Looked[]> {
  const modality = contextOf(item);
  const { structures } = await readCase(`${data}/train`, item, { perStructure: 0, seed: SEED });
  const { info } = await services.images.open(join(data, "train", item.image));
  const looked: Looked[] = [];
  for (const { name, mask } of structures) {
    const term = lesionOf(services, name, modality);
    if (!term) continue;
    const ask = (zoom: "always" | "never") =>
      services.masks.masks({
        ...{ imageId: info.imageId, prompts: [{ kind: "text", text: name }], multimask: false, zoom },
        ...{ classify: zoom === "always", context: { modality } },
      });
    try {
      const [whole, near] = [await ask("never"), await ask("always")];
      const dice = ({ masks: [best] }: typeof whole) => maskDice(decodeRle(best.rle), mask);
      looked.push({
        share: maskArea(mask) / (mask.width * mask.height),
        whole: dice(whole),
        near: dice(near),
        isNear: near.crop !== undefined,
        found: (near.masks[0]?.area ?? 0) > 0,
        right: near.names?.[0]?.id === term,
      });
    } catch (thrown) {
      if (!isSegmenterError(thrown, "UnknownTerm")) throw thrown;
    }
  }
  return looked;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function rowOf(of: string, looked: readonly Looked[]): Row {
  const count = (isSo: (one: Looked) => boolean) => looked.filter(isSo).length;
  const mean = (values: readonly number[]) =>
    round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
  return {
    of,
    lesions: looked.length,
    found: count(({ found }) => found),
    near: count(({ isNear }) => isNear),
    whole: mean(looked.map(({ whole }) => whole)),
    cascade: mean(looked.map(({ near }) => near)),
    named: count(({ right }) => right),
  };
}
