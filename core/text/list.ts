/** Several names in one text: "liver, spleen; both kidneys". */
import type { Vocabulary } from "./vocabulary.ts";
import { isSide, readPhrase } from "./words.ts";

/** Most names that one text is read for. */
const MOST_NAMES = 32;

const BETWEEN = /[;；\n]+/;
const WITHIN = /[,，、+&/]+|\s(?:and|und|et|y|e|と|和)\s/u;

/**
 * The names that a text lists, in its order and each once. What the vocabulary knows as a whole is one name ("heart and
 * mediastinum", "kidney, left"); a side alone belongs to the name before it.
 */
export function splitNames(text: string, vocabulary: Pick<Vocabulary, "resolve">, modality?: string): string[] {
  const known = (part: string) => {
    const answer = vocabulary.resolve(part, { modality });
    return answer.known || answer.untaught !== undefined;
  };
  const listed = text.split(BETWEEN).map(tidy).slice(0, MOST_NAMES);
  const parts = listed.flatMap((part) => (known(part) ? [part] : joinSides(part.split(WITHIN))));
  const names = parts.map(tidy).filter((part) => part !== "");
  return [...new Set(names)].slice(0, MOST_NAMES);
}

const tidy = (part: string): string => part.replace(/^[\s,，、]+|[\s,，、]+$/g, "").replace(/\s+/g, " ");

function joinSides(parts: readonly string[]): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const { words } = readPhrase(part);
    const last = joined.pop();
    if (last !== undefined && words.length > 0 && words.every(isSide)) joined.push(`${last}, ${part.trim()}`);
    else joined.push(...(last === undefined ? [] : [last]), part);
  }
  return joined;
}
