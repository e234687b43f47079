/** Decodes a chain step by step, and remembers what it has decoded. */
import type { Rle } from "../wire/common.ts";
import type { Prompt } from "../wire/prompt.ts";
import { type Chain, chainKey } from "./chain.ts";

/** Decoded steps that undo, redo and candidate choice come back to. */
const MAX_KEPT = 256;

/** Candidates for prompts, best first; `previous` is the mask that they refine. */
export type Ask<E, M> = (
  on: E,
  prompts: readonly Prompt[],
  options: { readonly multimask: boolean; readonly previous?: M },
) => Promise<readonly M[]>;

export interface ChainDecoder<E, M> {
  /**
   * Candidates after the last step, best first. `base` are the run lengths of the chain's base, if it has one. A chain
   * without steps is its base, and there is nothing to decode: RangeError.
   */
  decode(on: E, chain: Chain, base?: Rle): Promise<readonly M[]>;
  /** Forgets what was decoded. */
  clear(): void;
}

/** One memory for all chains of an image. */
export function createChainDecoder<E, M>(ask: Ask<E, M>): ChainDecoder<E, M> {
  const known = new Map<string, readonly M[]>();
  const remember = (key: string, masks: readonly M[]) => {
    known.delete(key);
    known.set(key, masks);
    const [oldest] = known.keys();
    if (known.size > MAX_KEPT && oldest !== undefined) known.delete(oldest);
  };
  const askFor = (on: E, { steps }: Chain, base: Rle | undefined, previous: M | undefined) => {
    const given = steps.flatMap(({ action }) => action.prompts);
    // Later steps refine the answer to the first one, which has the base in it already.
    const start: readonly Prompt[] = base && !previous ? [{ kind: "mask", rle: base }] : [];
    const multimask = steps.at(-1)?.action.multimask ?? false;
    return ask(on, [...start, ...given], { multimask, ...(previous ? { previous } : {}) });
  };
  return {
    async decode(on, chain, base) {
      if (chain.steps.length === 0) throw new RangeError("Expected a chain with steps, got one that is its base.");
      let masks: readonly M[] = [];
      for (let count = 1; count <= chain.steps.length; count++) {
        const part = { ...chain, steps: chain.steps.slice(0, count) };
        const key = chainKey(part);
        const previous = masks[chain.steps[count - 2]?.candidate ?? 0];
        masks = known.get(key) ?? (await askFor(on, part, base, previous));
        remember(key, masks);
      }
      return masks;
    },
    clear: () => known.clear(),
  };
}
