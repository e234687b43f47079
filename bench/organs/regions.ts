/** What `context.bodyPart` and `context.task` change when all names are asked: names that are asked, and proposals that are right. */
import { findAll } from "../../core/annotation/find-all.ts";
import { sliceGrid, sliceOf } from "../../core/image/slice.ts";
import type { Volume, Window } from "../../core/image/volume.ts";
import { createMask, type Mask, maskArea, maskDice } from "../../core/mask/mask.ts";
import { type CandidateName, namesToFind } from "../../core/text/candidates.ts";
import { presenceThreshold } from "../../core/text/measures.ts";
import type { PlaceMeasures, RegionMeasures, TaskMeasures } from "../../core/text/names-tables.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { StructureKind } from "../../core/wire/text.ts";
import type { Predictor } from "../accuracy/predictor.ts";
import { keptAnswers } from "../names/telling.ts";
import { labelsOn } from "./slices.ts";

/** Slices of each study that are looked at. */
const SLICES = 12;
/** A proposal with less of the labelled structure is wrong. */
const RIGHT = 0.5;

export interface LabelledStudy {
  readonly title: string;
  readonly volume: Volume;
  readonly labels: Volume;
  /** Label id → name. */
  readonly names: ReadonlyMap<number, string>;
  readonly modality: string;
  readonly window: Window;
  readonly region: string;
}

interface Tools {
  readonly predictor: Predictor;
  readonly vocabulary: Vocabulary;
}

interface Judged {
  readonly region: RegionMeasures;
  readonly places: PlaceMeasures;
  readonly tasks: readonly TaskMeasures[];
}

/** Counts with the region said, with each task said, and without, over the same slices. */
export async function judgeRegion(study: LabelledStudy, tools: Tools): Promise<Judged> {
  const { title, volume, modality, window, region } = study;
  const { entries } = tools.vocabulary;
  const { count } = sliceGrid(volume, "axial");
  const terms = termsOf(study, tools.vocabulary);
  const placed = placedNames(terms, tools.vocabulary);
  const tallies = emptyTallies();
  const kinds = new Map(entries.map(({ id, kind }) => [id, kind]));
  const searches: Search[] = [
    { names: namesToFind(entries, { modality, region }), talliesOf: () => [tallies.said] },
    {
      names: namesToFind(entries, { modality }),
      talliesOf: (id) => [
        tallies.unsaid,
        ...tallies.tasks.flatMap(({ task, unsaid }) => (task === kinds.get(id) ? [unsaid] : [])),
      ],
    },
    ...tallies.tasks.map(({ task, said }) => ({
      names: namesToFind(entries, { modality, task }),
      talliesOf: () => [said],
    })),
  ];
  for (let n = 0; n < SLICES; n++) {
    const slice = sliceOf(volume, "axial", Math.floor(((n + 0.5) * count) / SLICES));
    const map = labelsOn(slice, study.labels);
    const view = (await tools.predictor.see({ slice, window, modality }, ["f32"])).get("f32");
    if (!view) continue;
    const on = { ask: keptAnswers(view), truthOf: (id: string) => truthOf(map, terms.get(id), slice) };
    await judgePlaces(on, placed, tallies.places);
    for (const search of searches) await judgeSearch(on, search);
  }
  const { places, said, unsaid, tasks } = tallies;
  const of = { study: title, slices: SLICES };
  return {
    region: { ...of, region, said, unsaid },
    places: { study: title, names: placed.map(({ name }) => name), ...places },
    tasks: tasks.filter((task) => task.said.asked > 0).map((task) => ({ ...of, ...task })),
  };
}

function emptyTallies() {
  const tasks = StructureKind.options.map((task) => ({ task, said: emptyCounts(), unsaid: emptyCounts() }));
  const places = { shown: 0, found: 0, absent: 0, wrong: 0 };
  return { said: emptyCounts(), unsaid: emptyCounts(), tasks, places };
}

interface OnSlice {
  readonly ask: ReturnType<typeof keptAnswers>;
  /** `undefined` for a name that the study does not label at all. */
  truthOf(id: string): Mask | undefined;
}

/** Names that are asked together, and where each is counted. */
interface Search {
  readonly names: readonly CandidateName[];
  talliesOf(id: string): readonly Tally[];
}

async function judgePlaces(
  { ask, truthOf }: OnSlice,
  placed: ReturnType<typeof placedNames>,
  places: ReturnType<typeof emptyTallies>["places"],
): Promise<void> {
  for (const { id, name, threshold } of placed) {
    const { mask, presence } = await ask(name);
    const truth = truthOf(id);
    const isThere = truth !== undefined && maskArea(truth) > 0;
    places[isThere ? "shown" : "absent"]++;
    places[isThere ? "found" : "wrong"] += Number(presence >= threshold && maskArea(mask) > 0);
  }
}

async function judgeSearch({ ask, truthOf }: OnSlice, { names, talliesOf }: Search): Promise<void> {
  for (const { id } of names) for (const tally of talliesOf(id)) tally.asked++;
  for await (const { found } of findAll(ask, names)) {
    if (!found) continue;
    const { candidate, answer } = found;
    for (const tally of talliesOf(candidate.id)) addTo(tally, answer.mask, truthOf(candidate.id));
  }
}

/** Labelled structures whose presence was measured with and without them. */
const placedNames = (terms: ReadonlyMap<string, readonly number[]>, { entries }: Vocabulary) =>
  entries.flatMap((entry) => {
    const threshold = terms.has(entry.id) && !entry.side ? presenceThreshold(entry) : undefined;
    return threshold === undefined ? [] : [{ id: entry.id, name: entry.name, threshold }];
  });

type Tally = ReturnType<typeof emptyCounts>;

const emptyCounts = () => ({ asked: 0, proposed: 0, right: 0, unlabelled: 0 });

function addTo(tally: Tally, mask: Mask, truth: Mask | undefined): void {
  tally.proposed++;
  if (!truth) tally.unlabelled++;
  else if (maskDice(mask, truth) >= RIGHT) tally.right++;
}

/** Label ids of each term; both sides count for the whole. */
function termsOf({ names, modality }: LabelledStudy, vocabulary: Vocabulary): ReadonlyMap<string, readonly number[]> {
  const byId = new Map(vocabulary.entries.map((entry) => [entry.id, entry]));
  const terms = new Map<string, number[]>();
  for (const [id, name] of names) {
    const answer = vocabulary.resolve(name, { modality });
    const entry = answer.known ? byId.get(answer.term) : undefined;
    const term = entry?.side && entry.parent ? entry.parent : entry?.id;
    if (term) terms.set(term, [...(terms.get(term) ?? []), id]);
  }
  return terms;
}

/** `undefined` for a structure that the study does not label at all. */
function truthOf(
  map: Uint16Array,
  ids: readonly number[] | undefined,
  { width, height }: { width: number; height: number },
): Mask | undefined {
  if (!ids) return undefined;
  return createMask(
    width,
    height,
    Uint8Array.from(map, (id) => Number(ids.includes(id))),
  );
}
