/** Every structure that a slice shows, of names that nobody had to say; and the names that a mask may have. */
import type { Mask } from "../mask/mask.ts";
import { maskArea, maskIou } from "../mask/mask.ts";
import type { CandidateName } from "../text/candidates.ts";
import type { NameGuess } from "../wire/text.ts";

/** The part of an `AbortSignal` that is needed. */
interface Abort {
  throwIfAborted(): void;
}

/** What one name gives on a slice. */
export interface NameAnswer {
  readonly mask: Mask;
  /** 0 to 1. */
  readonly presence: number;
}

/** One decode: a name alone on a slice that is encoded. */
export type AskName<A extends NameAnswer> = (name: string) => Promise<A>;

/** A name that has been asked. */
export interface Looked<A> {
  readonly done: number;
  readonly total: number;
  /** Absent where the name gave nothing new. */
  readonly found?: { readonly candidate: CandidateName; readonly answer: A };
}

/** Two names for so much the same pixels are one structure: the name that was measured better keeps it. */
const SAME = 0.5;

/** Asks one name after the other; a rejection of `ask` ends it. */
export async function* findAll<A extends NameAnswer>(
  ask: AskName<A>,
  candidates: readonly CandidateName[],
  signal?: Abort,
): AsyncGenerator<Looked<A>> {
  const taken: Mask[] = [];
  const total = candidates.length;
  for (const [n, candidate] of candidates.entries()) {
    signal?.throwIfAborted();
    const answer = await ask(candidate.name);
    const { mask, presence } = answer;
    const isNew =
      presence >= candidate.threshold && maskArea(mask) > 0 && taken.every((one) => maskIou(one, mask) < SAME);
    if (isNew) taken.push(mask);
    yield { done: n + 1, total, ...(isNew ? { found: { candidate, answer } } : {}) };
  }
}

/** Below it the two masks show different things. */
const LEAST_AGREEMENT = 0.1;

/** Names whose own masks agree with a mask: best first, none where no name gives anything like it. */
export async function nameMask(
  ask: AskName<NameAnswer>,
  mask: Mask,
  { candidates, signal }: { candidates: readonly CandidateName[]; signal?: Abort | undefined },
): Promise<NameGuess[]> {
  const guesses: NameGuess[] = [];
  for (const { id, name } of candidates) {
    signal?.throwIfAborted();
    const { mask: own, presence } = await ask(name);
    guesses.push({ id, name, presence, confidence: maskIou(own, mask) });
  }
  return guesses
    .filter(({ confidence }) => confidence >= LEAST_AGREEMENT)
    .toSorted((a, b) => b.confidence - a.confidence || b.presence - a.presence);
}
