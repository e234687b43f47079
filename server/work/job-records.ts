/** What the other replicas see of a running job: its record, and their wish that it stops. */
import type { Digest } from "../../core/digest.ts";
import type { Job } from "../../core/wire/index.ts";

/** Records of jobs that every replica reads. Nothing here rejects: a store that is away knows nothing. */
export interface JobRecords {
  find(jobId: Digest): Promise<Job | undefined>;
  /** Keeps the record; one that has not ended is forgotten unless it is told again within `SILENCE_MS`. */
  tell(job: Job): Promise<void>;
  requestStop(jobId: Digest): Promise<void>;
  /** Whether somebody wants it to stop; asking forgets the wish. */
  takeStop(jobId: Digest): Promise<boolean>;
}

/** A running job that says nothing for so long has lost its replica. */
export const SILENCE_MS = 15_000;

/** Tells of a job while it runs. */
export interface Telling {
  /** The record has changed; what changes while a record is on its way is told after it. */
  changed(): void;
  /** Tells the last state and ends. */
  end(): Promise<void>;
}

/** Tells after each change and, while nothing changes, as a sign of life; each time it looks whether somebody wants a stop. */
export function tellOf(records: JobRecords | undefined, jobNow: () => Job, stop: () => void): Telling {
  if (!records) return { changed: () => {}, end: async () => {} };
  let telling: Promise<void> | undefined;
  let again = false;
  const tell = async (): Promise<void> => {
    do {
      again = false;
      const job = jobNow();
      await records.tell(job);
      if (await records.takeStop(job.jobId)) stop();
    } while (again);
    telling = undefined;
  };
  const changed = (): void => {
    again = true;
    telling ??= tell();
  };
  const life = setInterval(changed, SILENCE_MS / 5);
  life.unref();
  return {
    changed,
    async end() {
      clearInterval(life);
      changed();
      await telling;
    },
  };
}
