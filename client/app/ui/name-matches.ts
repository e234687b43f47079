/** Names of the vocabulary for what is typed: those of this kind of image first, then by how early the letters match. */
import { contextOf } from "../../../core/model/contracts/context.ts";
import type { ListedTerm } from "../../../core/wire/index.ts";

export interface NameMatch {
  readonly name: string;
  /** The synonym that was typed, where it was not the name. */
  readonly synonym?: string;
  /** The model has seen it in this kind of image. */
  readonly fits: boolean;
}

interface Ranked extends NameMatch {
  readonly rank: number;
}

/** All names, in order, for nothing typed. */
export function matchingNames(entries: readonly ListedTerm[], typed: string, modality: string): readonly NameMatch[] {
  const wanted = typed.trim().toLowerCase();
  const context = contextOf(modality).toLowerCase();
  const found = entries.flatMap((entry): Ranked[] => {
    if (entry.taught === false) return [];
    const fits = entry.modalities.some((known) => known.toLowerCase() === context);
    const match = bestOf(entry, wanted);
    return match ? [{ ...match, fits }] : [];
  });
  return found.sort((a, b) => Number(b.fits) - Number(a.fits) || a.rank - b.rank || a.name.localeCompare(b.name));
}

/** Names begin with it, words of a name begin with it, a synonym does, or it is somewhere inside. */
function bestOf({ name, synonyms }: ListedTerm, wanted: string): Omit<Ranked, "fits"> | undefined {
  const rank = rankOf(name, wanted);
  if (rank !== undefined) return { name, rank };
  const said = synonyms
    .map((synonym) => ({ synonym, rank: rankOf(synonym, wanted) }))
    .filter((match): match is { synonym: string; rank: number } => match.rank !== undefined)
    .sort((a, b) => a.rank - b.rank)[0];
  return said && { name, synonym: said.synonym, rank: said.rank + 0.5 };
}

function rankOf(text: string, wanted: string): number | undefined {
  const at = text.toLowerCase().indexOf(wanted);
  if (at < 0) return undefined;
  if (at === 0) return 0;
  return /[\s-]/.test(text[at - 1] ?? "") ? 1 : 2;
}
