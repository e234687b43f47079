/** Records of jobs in Redis. */
import type { Digest } from "../../core/digest.ts";
import { Job } from "../../core/wire/index.ts";
import type { SharedRedis } from "../stores/connection.ts";
import { type JobRecords, SILENCE_MS } from "../work/job-records.ts";

/** A job that waits in the queue or has ended. */
const KEPT_MS = 3_600_000;

/** Job records for all replicas. */
export function redisRecords({ redis, prefix }: { redis: SharedRedis; prefix: string }): JobRecords {
  const record = (jobId: Digest): string => `${prefix}job:${jobId}`;
  const wish = (jobId: Digest): string => `${prefix}stop:${jobId}`;
  return {
    async find(jobId) {
      const text = await redis.ask((r) => r.get(record(jobId)));
      return text ? Job.safeParse(JSON.parse(text)).data : undefined; // a record of another release is none
    },
    async tell(job) {
      const ms = job.state === "running" ? SILENCE_MS : KEPT_MS;
      await redis.ask((r) => r.set(record(job.jobId), JSON.stringify(job), "PX", ms));
    },
    async requestStop(jobId) {
      await redis.ask((r) => r.set(wish(jobId), "1", "PX", KEPT_MS));
    },
    takeStop: async (jobId) => (await redis.ask((r) => r.del(wish(jobId)))) === 1,
  };
}
