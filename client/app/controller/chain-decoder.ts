/** Decodes the steps of one label on one slice, each refining the one before, and remembers what it has decoded. */
import type { Step } from "../../../core/annotation/log.ts";
import type { Embedding, Segmenter, SegmentMask } from "../../index.ts";
import { chainOf } from "./decode-jobs.ts";

/** Decoded steps that undo, redo and candidate choice come back to. */
const MAX_CHAINS = 256;

export interface ChainDecoder {
  /** Candidates after the last step, best first. */
  decode(segmenter: Segmenter, embedding: Embedding, steps: readonly Step[]): Promise<readonly SegmentMask[]>;
  clear(): void;
}

export function createChainDecoder(): ChainDecoder {
  const chains = new Map<string, readonly SegmentMask[]>();
  return {
    async decode(segmenter, embedding, steps) {
      let masks: readonly SegmentMask[] = [];
      for (let count = 1; count <= steps.length; count++) {
        const part = steps.slice(0, count);
        const key = chainOf(part);
        const previous = masks[steps[count - 2]?.candidate ?? 0];
        const known = chains.get(key);
        masks = known ?? (await segmenter.segment(embedding, promptsIn(part), optionsFor(part, previous)));
        chains.delete(key);
        chains.set(key, masks);
        if (chains.size > MAX_CHAINS) chains.delete([...chains.keys()][0]);
      }
      return masks;
    },
    clear: () => chains.clear(),
  };
}

const promptsIn = (steps: readonly Step[]) => steps.flatMap(({ action }) => action.prompts);

const optionsFor = (steps: readonly Step[], previous: SegmentMask | undefined) => ({
  multimask: steps.at(-1)?.action.multimask ?? false,
  ...(previous ? { previous } : {}),
});
