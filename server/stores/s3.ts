/** Embeddings in an S3-compatible bucket (AWS, MinIO, R2, …), for all replicas. */
import type { AwsClient } from "aws4fetch";
import type { Digest } from "../../core/digest.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { SegmenterError, toError } from "../../core/errors.ts";
import { hexOf } from "../disk/sha256.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { entryTrailer, openEntry, TRAILER_BYTES } from "./entry.ts";

export interface S3StoreOptions {
  /** `https://host/bucket/prefix`, path style. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region?: string;
  readonly maxEntryBytes?: number;
  readonly observe?: Observe;
}

const ANSWER_MS = 10_000;
const MAX_ENTRY_BYTES = 32 * 2 ** 20;
/** After a failure the bucket is left alone for this long, so that no click waits for one that is away. */
const REST_MS = 5000;

/** Entries with their trailer under `prefix/<digits>.emb`. A bucket that fails is a miss, never an error. Throws InvalidRequest for a bad URL. */
export async function s3Store(options: S3StoreOptions): Promise<EmbeddingStore> {
  const { url, region = "us-east-1", maxEntryBytes = MAX_ENTRY_BYTES, observe = ignoreEvents } = options;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new SegmenterError("InvalidRequest", { reason: "expected https://host/bucket/prefix", path: "s3" });
  const client = await clientOf(options, region);
  const base = url.replace(/\/+$/, "");
  let restUntil = 0;
  const ask = async (id: Digest, init: RequestInit): Promise<Response | undefined> => {
    if (performance.now() < restUntil) return undefined;
    try {
      const answer = await client.fetch(`${base}/${hexOf(id)}.emb`, {
        ...init,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.ok || answer.status === 404) return answer;
      await answer.body?.cancel();
      throw new Error(`S3 ${answer.status}`);
    } catch (thrown) {
      restUntil = performance.now() + REST_MS;
      observe({ kind: "cache-off", tier: "shared", reason: toError(thrown).message.slice(0, 40) });
      return undefined;
    }
  };
  return {
    async get(id) {
      const answer = await ask(id, {});
      const found = answer?.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
      if (answer && !answer.ok) await answer.body?.cancel();
      const payload = found && openEntry(found);
      observe({ kind: "cache", tier: "shared", outcome: payload ? "hit" : found ? "corrupt" : "miss" });
      return payload;
    },
    async set(id, bytes) {
      if (bytes.byteLength + TRAILER_BYTES > maxEntryBytes) return;
      const body = new Uint8Array(Buffer.concat([bytes, entryTrailer(bytes)]));
      const answer = await ask(id, { method: "PUT", body });
      await answer?.body?.cancel();
    },
  };
}

async function clientOf({ accessKeyId, secretAccessKey }: S3StoreOptions, region: string): Promise<AwsClient> {
  const { AwsClient } = await import("aws4fetch").catch((cause) => {
    const reason = "needs the package aws4fetch, which is not installed: npm install aws4fetch";
    throw new SegmenterError("InvalidRequest", { reason, path: "s3" }, { cause });
  });
  return new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 1 });
}
