/** What replicas share, as the settings say: one Redis, and a bucket for the embeddings where there is one. */
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { hexOf, sha256 } from "../disk/sha256.ts";
import type { Observe } from "../ops/events.ts";
import { openRedis, type SharedRedis } from "../stores/connection.ts";
import { redisStore } from "../stores/redis.ts";
import { s3Store } from "../stores/s3.ts";
import { tieredStore } from "../stores/tiered.ts";
import { type Claims, ownClaims } from "../work/claims.ts";
import type { JobRecords } from "../work/job-records.ts";
import { redisClaims } from "./claims.ts";
import { redisRecords } from "./records.ts";

/** What replicas are connected to. */
export interface Connections {
  readonly redis?: SharedRedis;
  readonly s3?: { readonly url: string; readonly keys: Credentials };
  /** `NoSharedCache` while Redis is away. */
  degraded(): readonly string[];
  close(): void;
}

/** The shared parts behind the ports of a tenant's services; without a shared installation nothing is behind them. */
export interface Shared {
  /** `local` alone, or with the shared store behind it. */
  behind(local: EmbeddingStore): EmbeddingStore;
  /** The same for the precisions that travel: in Redis, also where a bucket holds what is stored. */
  formsBehind(local: EmbeddingStore): EmbeddingStore;
  readonly claims: Claims;
  readonly kept?: EmbeddingStore;
  readonly records?: JobRecords;
}

export interface ConnectOptions {
  readonly redis?: string;
  /** Shares as `redis` does where that is left out. */
  readonly queue?: string;
  readonly s3?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly observe: Observe;
}

type Credentials = ReturnType<typeof credentials>;

/** Ahead of every key: counts up when what is kept would be misread by the release before. */
const PREFIX = "promptomy:1:";

/** Connects to what the settings name. Throws InvalidRequest for a bad URL or a missing package. */
export async function connect({ redis: url, queue, s3, env, observe }: ConnectOptions): Promise<Connections> {
  const address = url ?? queue;
  const redis = address === undefined ? undefined : await openRedis(address, observe);
  return {
    ...(redis ? { redis } : {}),
    ...(s3 === undefined ? {} : { s3: { url: s3, keys: credentials(env) } }),
    degraded: () => (redis?.isUp() === false ? ["NoSharedCache"] : []),
    close: () => redis?.close(),
  };
}

/** The part of a tenant: no key of another one can be asked for. Throws InvalidRequest for a bad URL or a missing package. */
export async function sharedOf({ redis, s3 }: Connections, tenant: string, observe: Observe): Promise<Shared> {
  const own = tenant === "" ? "" : `${hexOf(sha256(tenant)).slice(0, 32)}`;
  const prefix = own === "" ? PREFIX : `${PREFIX}${own}:`;
  const bucket = s3 && (await s3Store({ url: own === "" ? s3.url : `${s3.url}/${own}`, ...s3.keys, observe }));
  const far = bucket ?? (redis && redisStore({ redis, prefix: `${prefix}embedding:`, observe }));
  const farForms = redis && redisStore({ redis, prefix: `${prefix}wire:`, observe });
  return {
    behind: (local) => (far ? tieredStore(local, far) : local),
    formsBehind: (local) => (farForms ? tieredStore(local, farForms) : local),
    claims: redis ? redisClaims({ redis, prefix }) : ownClaims,
    ...(redis ? { kept: redisStore({ redis, prefix: `${prefix}logits:`, ttlS: 3600 }) } : {}),
    ...(redis ? { records: redisRecords({ redis, prefix }) } : {}),
  };
}

/** By the names that every S3 tool reads. */
const credentials = (env: ConnectOptions["env"]) => ({
  accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
  ...(env.AWS_REGION ? { region: env.AWS_REGION } : {}),
});
