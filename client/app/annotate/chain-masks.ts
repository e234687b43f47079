/** From one chain of the log to what is shown of it: decoded where prompts ask for it, else the mask that the log holds. */
import type { Chain } from "../../../core/annotation/chain.ts";
import { createChainDecoder } from "../../../core/annotation/replay-chain.ts";
import { standingBase, verdictOf } from "../../../core/annotation/slice-mask.ts";
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

export function createChainMasks({ store, segmenter }: Context, { embed, kept }: ChainSources): ChainMasks {
  const decoder = createChainDecoder<Embedding, SegmentMask>(async (on, prompts, asked) => {
    return (await segmenter()).segment(on, prompts, { ...asked, ...kindSaidOf(store.state.image) });
  });

  /** A mask that was drawn, imported or computed elsewhere stands as it is: nothing is encoded for it. */
  const candidatesOf = async (chain: Chain): Promise<{ candidates: readonly ShownMask[]; ms: number }> => {
    const { base } = chain;
    const rle = base && (await kept(base.mask));
    const standing = standingBase(chain);
    if (standing && rle)
      return { candidates: [{ ...decodeRle(rle), predictedIou: standing.predictedIou ?? 1 }], ms: 0 };
    const on = await embed(chain);
    const from = performance.now();
    const candidates = await decoder.decode(on, chain, rle);
    return { candidates, ms: performance.now() - from };
  };

  const run = async (chain: Chain): Promise<MaskView> => {
    const { candidates, ms } = await candidatesOf(chain);
    const verdict = verdictOf(chain, candidates);
    return { chain: chain.key, candidates, ...verdict, area: maskArea(candidates[verdict.chosen]), ms };
  };
  return Object.assign(run, { forget: decoder.clear });
}
