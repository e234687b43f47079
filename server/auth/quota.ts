/** One tenant's share of the encoders: nobody can fill the queue for the others. */
import { SegmenterError } from "../../core/errors.ts";
import type { InferencePool } from "../inference/pool.ts";

/** The pool with at most `most` encodes of this tenant waiting or running. Rejects with QuotaExceeded. */
export function withQuota<P extends Pick<InferencePool, "encode" | "infer" | "heatMap" | "stats">>(
  pool: P,
  most: number,
): P {
  let own = 0;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    if (own >= most) throw new SegmenterError("QuotaExceeded", { retryAfterS: waitS(pool, own) });
    own++;
    try {
      return await work();
    } finally {
      own--;
    }
  };
  return {
    ...pool,
    encode: (job, call) => counted(() => pool.encode(job, call)),
    heatMap: (job, call) => counted(() => pool.heatMap(job, call)),
    infer: (job, call) => counted(() => pool.infer(job, call)),
  };
}

function waitS(pool: Pick<InferencePool, "stats">, own: number): number {
  const { typicalMs = 1000, slots } = pool.stats().encode;
  return Math.max(1, Math.ceil((own * typicalMs) / 1000 / Math.max(1, slots)));
}
