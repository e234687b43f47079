/** What replicas share, as the settings say: one Redis, and a bucket for the embeddings where there is one. */
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import type { Observe } from "../ops/events.ts";
import { openRedis, type SharedRedis } from "../stores/connection.ts";
import { redisStore } from "../stores/redis.ts";
import { s3Store } from "../stores/s3.ts";
import { tieredStore } from "../stores/tiered.ts";
import { type Claims, ownClaims } from "../work/claims.ts";
import type { JobRecords } from "../work/job-records.ts";
import { redisClaims } from "./claims.ts";
import { redisRecords } from "./records.ts";

/** The shared parts behind the ports of the services; without a shared installation nothing is behind them. */
export interface Shared {
  /** `local` alone, or with the shared store behind it. */
  behind(local: EmbeddingStore): EmbeddingStore;
  readonly claims: Claims;
  readonly kept?: EmbeddingStore;
  readonly records?: JobRecords;
  /** `NoSharedCache` while Redis is away. */
  degraded(): readonly string[];
  close(): void;
}

export interface SharedOptions {
  readonly redis?: string | undefined;
  readonly s3?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly observe: Observe;
}

/** Ahead of every key: counts up when what is kept would be misread by the release before. */
const PREFIX = "promptomy:1:";

/** Connects to what the settings name. Throws InvalidRequest for a bad URL, missing credentials or a missing package. */
export async function openShared({ redis: url, s3, env, observe }: SharedOptions): Promise<Shared> {
  const redis = url === undefined ? undefined : await openRedis(url, observe);
  const bucket = s3 === undefined ? undefined : await s3Store({ url: s3, ...credentials(env), observe });
  const far = bucket ?? (redis && redisStore({ redis, prefix: `${PREFIX}embedding:`, observe }));
  return {
    behind: (local) => (far ? tieredStore(local, far) : local),
    claims: redis ? redisClaims({ redis, prefix: PREFIX }) : ownClaims,
    ...(redis ? partsOf(redis) : {}),
    degraded: () => (redis?.isUp() === false ? ["NoSharedCache"] : []),
    close: () => redis?.close(),
  };
}

const partsOf = (redis: SharedRedis) => ({
  kept: redisStore({ redis, prefix: `${PREFIX}logits:`, ttlS: 3600 }),
  records: redisRecords({ redis, prefix: PREFIX }),
});

/** By the names that every S3 tool reads. */
const credentials = (env: SharedOptions["env"]) => ({
  accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
  ...(env.AWS_REGION ? { region: env.AWS_REGION } : {}),
});
