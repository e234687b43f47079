/** The queue between servers and workers: BullMQ on Redis. Equal work is one job, and what somebody waits for goes first. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Queue, QueueEvents } from "bullmq";
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import { hexOf, sha256 } from "../disk/sha256.ts";
import type { Observe } from "../ops/events.ts";
import { openRedis, optional, type SharedRedis } from "../stores/connection.ts";
import type { EncodeWork, RemoteCall } from "../work/embeddings.ts";
import type { VolumeJob } from "../work/jobs.ts";
import { failureOf } from "./failures.ts";

export interface WorkQueue {
  /** Has a worker encode and store it. False when no worker can be reached. Rejects with Saturated, Cancelled and as the worker did. */
  encode(work: EncodeWork, call: RemoteCall): Promise<boolean>;
  /** Hands a volume to the workers. False when none can be reached. Rejects with Saturated. */
  volume(work: TenantVolume): Promise<boolean>;
  close(): Promise<void>;
}

export interface WorkQueueOptions {
  readonly url: string;
  /** Jobs that may wait. */
  readonly limit: number;
  /** Longest wait for a worker's answer. */
  readonly waitMs: number;
  readonly observe: Observe;
}

/** A volume and whose it is. */
export interface TenantVolume extends VolumeJob {
  readonly tenant: string;
}

/** What a worker says of an encode. */
export interface Encoded {
  readonly ms: number;
  readonly waitMs: number;
}

export const QUEUES = { encode: "encode", volume: "volume", prefix: "promptomy:queue" } as const;

/** BullMQ: smaller goes first. */
const PRIORITY = { click: 1, prefetch: 10 } as const;
/** An ended job stays so long, for those who begin to wait as it ends. */
const ENDED_S = 10;
const LOOK_MS = 100;
const WORKERS_KNOWN_MS = 2000;

/** Opens the queue for a server. Throws InvalidRequest for a bad URL or a missing package. */
export async function openQueue({ url, limit, waitMs: mostMs, observe }: WorkQueueOptions): Promise<WorkQueue> {
  const redis = await openRedis(url, observe);
  const { Queue, QueueEvents } = await optional("bullmq", () => import("bullmq"));
  // These wait for a Redis that is away; `unlessAway` does not.
  const base = { connection: { url, maxRetriesPerRequest: null }, prefix: QUEUES.prefix };
  const keep = { removeOnComplete: { age: ENDED_S }, removeOnFail: { age: ENDED_S } };
  const options = { ...base, defaultJobOptions: keep };
  const encodes = new Queue<EncodeWork, Encoded>(QUEUES.encode, options);
  const volumes = new Queue<TenantVolume>(QUEUES.volume, options);
  const events = new QueueEvents(QUEUES.encode, base);
  for (const emitter of [encodes, events]) emitter.setMaxListeners(0); // each that waits has its own, and takes it away
  const ignore = (): void => {}; // `redis` tells that Redis is away
  encodes.on("error", ignore);
  volumes.on("error", ignore);
  events.on("error", ignore);
  const counted = { encode: staff(encodes), volume: staff(volumes) };
  let typicalMs = 1000;

  const refuseFull = async (queue: Queue, most: number, workers: number): Promise<void> => {
    const waiting = await queue.getJobCountByTypes("waiting", "prioritized");
    if (waiting >= most)
      throw new SegmenterError("Saturated", {
        retryAfterS: Math.max(1, Math.ceil((waiting * typicalMs) / 1000 / workers)),
      });
  };
  return {
    encode: (work, call) =>
      unlessAway(
        redis,
        async () => {
          const workers = await counted.encode();
          if (workers === 0) return false;
          await refuseFull(encodes, call.background() ? limit / 2 : limit, workers);
          const { ms, waitMs } = await encoded({ queue: encodes, events, mostMs }, work, call);
          typicalMs += (ms - typicalMs) / 8;
          observe({ kind: "queued", waitMs });
          return true;
        },
        call.signal,
      ),
    volume: (work) =>
      unlessAway(redis, async () => {
        const workers = await counted.volume();
        if (workers === 0) return false;
        await refuseFull(volumes, limit, workers);
        await volumes.add("volume", work, { jobId: hexOf(sha256(JSON.stringify([work.tenant, work.jobId]))) });
        return true;
      }),
    async close() {
      await Promise.allSettled([encodes.close(), volumes.close(), events.close()]);
      redis.close();
    },
  };
}

/** The workers of a queue, counted now and then. */
function staff(queue: Queue): () => Promise<number> {
  let known = { count: 0, until: 0 };
  return async () => {
    if (performance.now() > known.until)
      known = { count: await queue.getWorkersCount(), until: performance.now() + WORKERS_KNOWN_MS };
    return known.count;
  };
}

/** False as soon as Redis is away, or when it was lost on the way. */
async function unlessAway(redis: SharedRedis, ask: () => Promise<boolean>, signal?: AbortSignal): Promise<boolean> {
  const done = new AbortController();
  const away = async (): Promise<boolean> => {
    while (redis.isUp()) await sleep(LOOK_MS, undefined, { signal: done.signal });
    return false;
  };
  if (!redis.isUp()) return false;
  const left = new Promise<never>((_, reject) => {
    const leave = () => reject(new SegmenterError("Cancelled", { what: "embedding" }));
    signal?.addEventListener("abort", leave, { signal: done.signal });
  });
  try {
    return await Promise.race([ask(), away().catch(() => false), left]);
  } catch (thrown) {
    if (isSegmenterError(thrown)) throw thrown;
    return false; // Redis was lost while we asked
  } finally {
    done.abort();
  }
}

/** Adds the job, or joins the one of equal work, and waits for it. */
async function encoded(
  { queue, events, mostMs }: { queue: Queue<EncodeWork, Encoded>; events: QueueEvents; mostMs: number },
  work: EncodeWork,
  { background }: RemoteCall,
): Promise<Encoded> {
  const priority = background() ? PRIORITY.prefetch : PRIORITY.click;
  const job = await queue.add("encode", work, { jobId: hexOf(work.id), priority });
  const hurry = setInterval(() => {
    if (!background()) job.changePriority({ priority: PRIORITY.click }).catch(() => {}); // it runs already
    if (!background()) clearInterval(hurry);
  }, LOOK_MS);
  try {
    return await job.waitUntilFinished(events, mostMs);
  } catch (thrown) {
    throw failureOf(thrown);
  } finally {
    clearInterval(hurry);
  }
}
