/** Names that may be asked of an image without anybody having said them. */
import { contextOf } from "../model/contracts/context.ts";
import type { ImageInfo } from "../wire/image.ts";
import type { PromptContext } from "../wire/prompt.ts";
import type { ListedTerm, StructureKind } from "../wire/text.ts";
import { qualityOf } from "./measures.ts";

export interface CandidateName {
  /** In the vocabulary. */
  readonly id: string;
  readonly name: string;
  /** Presence from which on the structure counts as shown. */
  readonly threshold: number;
  /** Mean Dice that was measured. */
  readonly dice: number;
}

export interface CandidatesOf {
  /** A DICOM code or a word of the vocabulary; a kind of image that the vocabulary does not have leaves out no name. */
  readonly modality?: string | undefined;
  /** A region of the vocabulary; another word leaves out no name. */
  readonly region?: string | undefined;
  /** What is looked for; every kind of structure when left out. */
  readonly task?: StructureKind | undefined;
}

/** What is said of an image, and where nothing is said what its file says. No file says a task. */
export const scopeOf = (
  image: Partial<Pick<ImageInfo, "modality" | "bodyPart">> | undefined,
  context: PromptContext | undefined,
): CandidatesOf => ({
  modality: context?.modality ?? image?.modality,
  region: context?.bodyPart ?? image?.bodyPart,
  task: context?.task,
});

/** Where no slice without the structure was measured there is no better threshold than a half. */
const HALF = 0.5;

/** Names that span more than one region of the body. */
const TRUNK = "trunk";
const OF_TRUNK: readonly string[] = ["chest", "abdomen", "pelvis", TRUNK];

/**
 * Names to look for: those that were measured to work, or partly, in this kind of image, best first. Sides are left out,
 * because the model is asked for both at once; weak and unmeasured names are for users to say.
 */
export const namesToFind = (terms: readonly ListedTerm[], of: CandidatesOf): CandidateName[] =>
  candidates(terms, of, (term) => ["works", "partly"].includes(qualityOf(term)));

/** Below it a name's own mask is chance, so that nothing can be recognised by it. */
const TELLING_DICE = 0.2;

/** Names that a mask may be recognised by: also those that were measured on a slice or two. */
export const namesToTell = (terms: readonly ListedTerm[], of: CandidatesOf): CandidateName[] =>
  candidates(terms, of, ({ taught, measured }) => taught !== false && (measured?.dice ?? 0) >= TELLING_DICE);

function candidates(
  terms: readonly ListedTerm[],
  { modality, region, task }: CandidatesOf,
  isGood: (term: ListedTerm) => boolean,
): CandidateName[] {
  const context = contextOf(modality ?? "").toLowerCase();
  const isOfContext = ({ modalities }: ListedTerm) => modalities.some((name) => name.toLowerCase() === context);
  const knownContext = terms.some(isOfContext);
  const place = region?.toLowerCase();
  const knownPlace = terms.some((term) => term.region === place);
  return terms
    .filter((term) => term.side === undefined && isGood(term) && (task === undefined || term.kind === task))
    .filter((term) => (!knownContext || isOfContext(term)) && (!knownPlace || isIn(term.region, place)))
    .map(({ id, name, measured }) => {
      const threshold = Math.max(measured?.threshold ?? HALF, HALF);
      return { id, name, threshold, dice: measured?.dice ?? 0 };
    })
    .toSorted((a, b) => b.dice - a.dice || (a.id < b.id ? -1 : 1));
}

const isIn = (region: string | undefined, place: string | undefined): boolean =>
  region === undefined ||
  region === place ||
  (region === TRUNK && OF_TRUNK.includes(place ?? "")) ||
  (place === TRUNK && OF_TRUNK.includes(region));
