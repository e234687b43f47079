/** What a result says of one mask beside its pixels: the same on the screen, in exports and in volume jobs. */
import type { Mask } from "../mask/mask.ts";
import { type Chain, isNamed } from "./chain.ts";
import type { MaskOrigin } from "./entries.ts";
import type { SliceMask } from "./segmentation.ts";

/** A candidate as it was decoded, or a mask that stands in the log. */
export type Candidate = Mask & { readonly predictedIou: number };

/** A mask that the model itself trusts less than this is a guess, not an answer. */
const DOUBTFUL_IOU = 0.2;

export const isDoubtful = (predictedIou: number): boolean => predictedIou < DOUBTFUL_IOU;

/** The base that is a chain's mask: nothing was asked of the model since it was drawn, imported or computed. */
export const standingBase = ({ base, steps }: Pick<Chain, "base" | "steps">): Chain["base"] =>
  steps.length === 0 ? base : undefined;

export interface Verdict {
  /** Which of the candidates. */
  readonly chosen: number;
  readonly origin: MaskOrigin;
  readonly doubtful: boolean;
}

/** What becomes of the candidates of a chain; of a standing mask there is one. */
export function verdictOf(chain: Pick<Chain, "base" | "steps">, candidates: readonly Candidate[]): Verdict {
  const base = standingBase(chain);
  if (base) return { chosen: 0, origin: base.origin, doubtful: base.doubtful === true };
  const chosen = Math.min(chain.steps.at(-1)?.candidate ?? 0, candidates.length - 1);
  return { chosen, origin: "prompted", doubtful: isDoubtful(candidates[chosen].predictedIou) };
}

/** A chain's part of a segmentation. Nobody guesses how good a mask is that was drawn or imported. */
export function sliceMask(chain: Chain, candidates: readonly Candidate[]): SliceMask {
  const { segmentId, at } = chain;
  const { chosen, origin, doubtful } = verdictOf(chain, candidates);
  const mask = candidates[chosen];
  const base = standingBase(chain);
  const predictedIou = base ? base.predictedIou : mask.predictedIou;
  return {
    ...{ segmentId, plane: at.plane, slice: at.slice, mask, origin },
    ...(predictedIou !== undefined && { predictedIou }),
    ...(doubtful && { doubtful }),
    ...(isNamed(chain) && { byName: true }),
  };
}
