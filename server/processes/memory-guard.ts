/** Bounds on the memory of running children. */
import { SegmenterError } from "../../core/errors.ts";
import type { Job } from "./job.ts";

export interface MemoryGuardOptions<Task, Result> {
  /** Of all children together. */
  readonly totalBytes: number;
  /** Names the bound in the error. */
  readonly what: string;
  readonly running: () => Iterable<Job<Task, Result>>;
  /** Ends a run. */
  readonly end: (job: Job<Task, Result>, error: SegmenterError) => void;
  /** The error for a run that is ended because others need the memory. */
  readonly busy: () => SegmenterError;
}

export interface MemoryGuard {
  /** Looks as long as something runs. */
  watch(): void;
  stop(): void;
}

/** A child fills at most some hundred megabytes between two looks. */
const LOOK_MS = 50;

/**
 * Looks at the memory of running children, because nothing else bounds buffers outside the JavaScript heap: a child over
 * its own bound ends as too large; when all together are over theirs, the largest ends and its caller may come back.
 */
export function createMemoryGuard<Task, Result>(options: MemoryGuardOptions<Task, Result>): MemoryGuard {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = async (): Promise<void> => {
    const jobs = [...options.running()];
    if (jobs.length === 0) return stop();
    const sizes = await Promise.all(
      jobs.map(async (job) => ({ job, run: job.run, bytes: (await job.run?.slot.residentBytes()) ?? 0 })),
    );
    const current = sizes.filter(({ job, run }) => run !== undefined && job.run === run); // the others have ended meanwhile
    for (const { job, bytes } of current) {
      const limit = job.work.residentBytes ?? Number.POSITIVE_INFINITY;
      if (bytes > limit) options.end(job, new SegmenterError("TooLarge", { what: options.what, value: bytes, limit }));
    }
    const total = current.reduce((sum, { bytes }) => sum + bytes, 0);
    const [largest] = current.toSorted((a, b) => b.bytes - a.bytes);
    if (largest?.job.run && current.length > 1 && total > options.totalBytes) options.end(largest.job, options.busy());
  };
  return {
    watch() {
      timer ??= setInterval(look, LOOK_MS).unref();
    },
    stop,
  };
}
