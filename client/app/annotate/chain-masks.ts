/** From one chain of the log to what is shown of it: decoded where prompts ask for it, else the mask that the log holds. */
import type { Chain } from "../../../core/annotation/chain.ts";
import { createChainDecoder } from "../../../core/annotation/replay-chain.ts";
import { maskArea } from "../../../core/mask/mask.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import type { Rle } from "../../../core/wire/index.ts";
import type { Embedding, SegmentMask } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { kindSaidOf } from "../state/places.ts";
import type { MaskView, ShownMask } from "../state/state.ts";

export interface ChainSources {
  /** The embedding of a slice, made when it is not there yet. */
  readonly embed: (chain: Chain) => Promise<Embedding>;
  /** Run lengths of a mask that stands in the log by its digest. */
  readonly kept: (digest: string) => Promise<Rle>;
}

export interface ChainMasks {
  (chain: Chain): Promise<MaskView>;
  /** Forgets what was decoded. */
  forget(): void;
}

/** A mask that the model itself trusts less than this is a guess, not an answer. */
const DOUBTFUL = 0.2;

export function createChainMasks({ store, segmenter }: Context, { embed, kept }: ChainSources): ChainMasks {
  const decoder = createChainDecoder<Embedding, SegmentMask>(async (on, prompts, asked) => {
    return (await segmenter()).segment(on, prompts, { ...asked, ...kindSaidOf(store.state.image) });
  });

  /** A mask that was drawn, imported or computed elsewhere stands as it is: nothing is encoded for it. */
  const candidatesOf = async (chain: Chain): Promise<{ candidates: readonly ShownMask[]; ms: number }> => {
    const { base, steps } = chain;
    const rle = base && (await kept(base.mask));
    if (base && rle && steps.length === 0)
      return { candidates: [{ ...decodeRle(rle), predictedIou: base.predictedIou ?? 1 }], ms: 0 };
    const on = await embed(chain);
    const from = performance.now();
    const candidates = await decoder.decode(on, chain, rle);
    return { candidates, ms: performance.now() - from };
  };

  const run = async (chain: Chain): Promise<MaskView> => {
    const { base, steps, key } = chain;
    const { candidates, ms } = await candidatesOf(chain);
    const chosen = Math.min(steps.at(-1)?.candidate ?? 0, candidates.length - 1);
    const standing = base && steps.length === 0;
    const origin = standing ? base.origin : "prompted";
    const doubtful = standing ? base.doubtful === true : candidates[chosen].predictedIou < DOUBTFUL;
    return { chain: key, candidates, chosen, origin, doubtful, area: maskArea(candidates[chosen]), ms };
  };
  return Object.assign(run, { forget: decoder.clear });
}
