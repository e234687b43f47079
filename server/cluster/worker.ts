/** A worker of the queue: encodes slices and walks volumes for servers that speak HTTP. */
import type { Job as QueueJob } from "bullmq";
import { SegmenterError } from "../../core/errors.ts";
import { optional } from "../stores/connection.ts";
import type { EmbeddingService, EncodeWork } from "../work/embeddings.ts";
import type { JobService } from "../work/jobs.ts";
import { asFailure, STALLS } from "./failures.ts";
import { type Encoded, QUEUES, type TenantVolume } from "./queue.ts";

export interface QueueWorker {
  /** Takes nothing new and lets what runs end. */
  close(): Promise<void>;
}

export interface QueueWorkerOptions {
  readonly url: string;
  /** Encodes at the same time. */
  readonly encodes: number;
  readonly tenant: (name: string) => Promise<{ embeddings: EmbeddingService; jobs: Pick<JobService, "run"> }>;
}

/** A job whose worker has not renewed its lock for so long is given to another. */
const LOCK_MS = 6000;
const STALLED_MS = 3000;

/** Starts to take jobs. An encode is done by whoever takes it, once: the result lies in the shared store under its key. */
export async function startWorker({ url, encodes, tenant: open }: QueueWorkerOptions): Promise<QueueWorker> {
  const { Worker } = await optional("bullmq", () => import("bullmq"));
  const options = {
    connection: { url, maxRetriesPerRequest: null },
    prefix: QUEUES.prefix,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_MS,
    maxStalledCount: STALLS,
  };
  const encode = async (job: QueueJob<EncodeWork, Encoded>): Promise<Encoded> => {
    const { tenant, id, imageId, request } = job.data;
    const from = performance.now();
    const waitMs = Date.now() - job.timestamp;
    try {
      const { embeddings } = await open(tenant);
      const { embeddingId } = await embeddings.embed(imageId, request);
      if (embeddingId !== id) throw new SegmenterError("ModelMismatch", { expected: id, got: embeddingId });
      await embeddings.settled();
      return { ms: performance.now() - from, waitMs };
    } catch (thrown) {
      throw asFailure(thrown);
    }
  };
  const volume = async ({ data }: QueueJob<TenantVolume>): Promise<void> => {
    const { jobs } = await open(data.tenant);
    await jobs.run(data.imageId, data.request);
  };
  const workers = [
    new Worker(QUEUES.encode, encode, { ...options, concurrency: encodes }),
    new Worker(QUEUES.volume, volume, options),
  ];
  for (const worker of workers) worker.on("error", () => {}); // it connects again by itself
  return {
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}
