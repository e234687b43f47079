/** What `context.bodyPart` changes when all names are asked: names that are asked, and proposals that are right. */
import { findAll } from "../../core/annotation/find-all.ts";
import { sliceGrid, sliceOf } from "../../core/image/slice.ts";
import type { Volume, Window } from "../../core/image/volume.ts";
import { createMask, type Mask, maskArea, maskDice } from "../../core/mask/mask.ts";
import { namesToFind } from "../../core/text/candidates.ts";
import { presenceThreshold } from "../../core/text/measures.ts";
import type { PlaceMeasures, RegionMeasures } from "../../core/text/names-page.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { Predictor } from "../accuracy/predictor.ts";
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

/** Counts with the region said and without, over the same slices. */
export async function judgeRegion(
  study: LabelledStudy,
  tools: Tools,
): Promise<{ region: RegionMeasures; places: PlaceMeasures }> {
  const { volume, modality, window, region } = study;
  const { count } = sliceGrid(volume, "axial");
  const terms = termsOf(study, tools.vocabulary);
  const placed = placedNames(terms, tools.vocabulary);
  const places = { shown: 0, found: 0, absent: 0, wrong: 0 };
  const counts = { said: emptyCounts(), unsaid: emptyCounts() };
  const slices = Array.from({ length: SLICES }, (_, n) => Math.floor(((n + 0.5) * count) / SLICES));
  for (const k of slices) {
    const slice = sliceOf(volume, "axial", k);
    const map = labelsOn(slice, study.labels);
    const view = (await tools.predictor.see({ slice, window, modality }, ["f32"])).get("f32");
    if (!view) continue;
    const ask = async (text: string) => {
      const { served, presence = 0 } = await view.ask([{ kind: "text", text }]);
      return { mask: served, presence };
    };
    for (const { id, name, threshold } of placed) {
      const { mask, presence } = await ask(name);
      const marked = Number(presence >= threshold && maskArea(mask) > 0);
      const truth = truthOf(map, terms.get(id), slice);
      const isThere = truth !== undefined && maskArea(truth) > 0;
      places[isThere ? "shown" : "absent"]++;
      places[isThere ? "found" : "wrong"] += marked;
    }
    for (const [how, of] of Object.entries({ said: { modality, region }, unsaid: { modality } })) {
      const tally = counts[how as keyof typeof counts]; // the keys are those of the literal above
      for await (const { found } of findAll(ask, namesToFind(tools.vocabulary.entries, of))) {
        tally.asked++;
        if (found) addTo(tally, found.answer.mask, truthOf(map, terms.get(found.candidate.id), slice));
      }
    }
  }
  return {
    region: { study: study.title, region, slices: slices.length, ...counts },
    places: { study: study.title, names: placed.map(({ name }) => name), ...places },
  };
}

/** Labelled structures whose presence was measured with and without them. */
const placedNames = (terms: ReadonlyMap<string, readonly number[]>, { entries }: Vocabulary) =>
  entries.flatMap((entry) => {
    const threshold = terms.has(entry.id) && !entry.side ? presenceThreshold(entry) : undefined;
    return threshold === undefined ? [] : [{ id: entry.id, name: entry.name, threshold }];
  });

const emptyCounts = () => ({ asked: 0, proposed: 0, right: 0, unlabelled: 0 });

function addTo(tally: ReturnType<typeof emptyCounts>, mask: Mask, truth: Mask | undefined): void {
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
