/** Names that what is typed may become: by name, word, synonym or another language, best first. */
import { contextOf } from "../model/contracts/context.ts";
import type { ListedTerm, StructureKind } from "../wire/text.ts";
import { type Quality, qualityOf } from "./measures.ts";
import { otherNames } from "./sayings.ts";

export interface NameMatch {
  readonly id: string;
  readonly name: string;
  /** The synonym or foreign name that was typed, where it was not the name. */
  readonly synonym?: string;
  /** The model has seen it in this kind of image, and it is what is looked for. */
  readonly fits: boolean;
  readonly region: string;
  readonly quality: Quality;
}

interface Ranked extends NameMatch {
  readonly rank: number;
}

const QUALITY_RANK: Readonly<Record<Quality, number>> = { works: 0, partly: 1, unmeasured: 2, weak: 3, untaught: 4 };

export interface MatchingFor {
  readonly modality: string;
  readonly task?: StructureKind | undefined;
}

/**
 * Those of this kind of image and of the task first, then by how early the letters match, then those that work first. All
 * names for nothing typed, untaught ones only where they are typed.
 */
export function matchingNames(
  terms: readonly ListedTerm[],
  typed: string,
  { modality, task }: MatchingFor,
): readonly NameMatch[] {
  const wanted = plain(typed.trim());
  const context = contextOf(modality).toLowerCase();
  const found = terms.flatMap((term): Ranked[] => {
    const quality = qualityOf(term);
    if (quality === "untaught" && wanted.length < 3) return [];
    const ofTask = task === undefined || term.kind === task;
    const fits = ofTask && term.modalities.some((known) => known.toLowerCase() === context);
    const match = bestOf(term, wanted);
    return match ? [{ ...match, id: term.id, fits, region: term.region ?? "", quality }] : [];
  });
  return found.sort(
    (a, b) =>
      Number(a.quality === "untaught") - Number(b.quality === "untaught") ||
      Number(b.fits) - Number(a.fits) ||
      Math.floor(a.rank) - Math.floor(b.rank) ||
      QUALITY_RANK[a.quality] - QUALITY_RANK[b.quality] ||
      a.rank - b.rank ||
      a.name.localeCompare(b.name),
  );
}

/** Letters as people type them: no case, no accents. */
const plain = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();

/** Names begin with it, words of a name begin with it, a synonym does, or it is somewhere inside. */
function bestOf(term: ListedTerm, wanted: string): Pick<Ranked, "name" | "synonym" | "rank"> | undefined {
  const { name } = term;
  const rank = rankOf(name, wanted);
  if (rank !== undefined) return { name, rank };
  const { english, foreign } = otherNames(term);
  const said = [...english, ...foreign]
    .map((synonym) => ({ synonym, rank: rankOf(synonym, wanted) }))
    .filter((match): match is { synonym: string; rank: number } => match.rank !== undefined)
    .sort((a, b) => a.rank - b.rank)[0];
  return said && { name, synonym: said.synonym, rank: said.rank + 0.5 };
}

function rankOf(text: string, wanted: string): number | undefined {
  const letters = plain(text);
  const at = letters.indexOf(wanted);
  if (at < 0) return undefined;
  if (at === 0) return 0;
  return /[\s-]/.test(letters[at - 1] ?? "") ? 1 : 2;
}

/** Matches under the regions of the body, those of the first match first; the order within a region stays. */
export function byRegion(matches: readonly NameMatch[]): readonly (readonly [region: string, matches: NameMatch[]])[] {
  const groups = new Map<string, NameMatch[]>();
  for (const match of matches) groups.set(match.region, [...(groups.get(match.region) ?? []), match]);
  return [...groups];
}
