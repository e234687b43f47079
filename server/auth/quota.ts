/** One tenant's share of the encoders: nobody can fill the queue for the others. */
import { SegmenterError } from "../../core/errors.ts";
import type { InferencePool } from "../inference/pool.ts";

/** The pool with at most `most` encodes of this tenant waiting or running. Rejects with QuotaExceeded. */
export function withQuota<P extends Pick<InferencePool, "encode" | "stats">>(pool: P, most: number): P {
  let own = 0;
  return {
    ...pool,
    async encode(job, call) {
      if (own >= most) throw new SegmenterError("QuotaExceeded", { retryAfterS: waitS(pool, own) });
      own++;
      try {
        return await pool.encode(job, call);
      } finally {
        own--;
      }
    },
  };
}

function waitS(pool: Pick<InferencePool, "stats">, own: number): number {
  const { typicalMs = 1000, slots } = pool.stats().encode;
  return Math.max(1, Math.ceil((own * typicalMs) / 1000 / Math.max(1, slots)));
}
