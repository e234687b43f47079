/** How fast a lane works, and when somebody it refused may come back. */
export interface Pace {
  /** A run has ended. */
  note(ms: number): void;
  /** Typical run: the median of the last ones, so that a first run that loads things does not count for ever. */
  readonly typicalMs: number | undefined;
  /** Enough runs were seen to refuse somebody for the time they would wait: the first ones load things. */
  readonly isSure: boolean;
  /** What a job behind `ahead` others will probably wait. */
  waitMs(ahead: number): number;
  /**
   * Seconds until a place in the full queue is free and promised to nobody else. Each call promises one place, so that a
   * hundred refused callers come back one after the other, in the order in which they were refused.
   */
  promise(): number;
  /** The lane has nothing to do: those with a promise did not come. */
  forgetPromises(): void;
}

const REMEMBERED_RUNS = 15;
const SURE_RUNS = 5;
/** Before the first run has ended. */
const ASSUMED_MS = 1000;
/** Promises are made a little late: who comes too early is refused again, and that costs them a round. */
const SLACK = 1.1;
/** Whoever is refused often and never comes back must not keep others away for longer. */
const LONGEST_PROMISE_MS = 120_000;

/** `slots` runs go on at the same time. */
export function createPace({ slots, now = () => performance.now() }: { slots: number; now?: () => number }): Pace {
  const runs: number[] = [];
  let typicalMs: number | undefined;
  let promisedUntil = 0;
  const placeMs = (): number => (typicalMs ?? ASSUMED_MS) / slots;
  return {
    note(ms) {
      runs.push(ms);
      if (runs.length > REMEMBERED_RUNS) runs.shift();
      typicalMs = runs.toSorted((a, b) => a - b)[runs.length >> 1];
    },
    get typicalMs() {
      return typicalMs;
    },
    get isSure() {
      return runs.length >= SURE_RUNS;
    },
    waitMs: (ahead) => ahead * placeMs(),
    promise() {
      const at = now();
      promisedUntil = Math.min(Math.max(promisedUntil, at) + placeMs() * SLACK, at + LONGEST_PROMISE_MS);
      return Math.max(1, Math.ceil((promisedUntil - at) / 1000));
    },
    forgetPromises() {
      promisedUntil = 0;
    },
  };
}
