/** Equal work asked for at the same time is done once. */
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";

export interface Waiting {
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs?: number | undefined;
  /** Prefetch: lets those go first that somebody looks at. */
  readonly background?: boolean | undefined;
}

/** The work of a flight: `signal` aborts when nobody waits any more, `background` is true while only prefetch does. */
export type Start<T> = (signal: AbortSignal, background: () => boolean) => Promise<T>;

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  readonly waiters: Set<Waiting>;
}

/**
 * One run per key for all callers that ask while it lasts. A caller that aborts, or whose deadline passes, does not disturb
 * the others; when the last one has left, the work is aborted. A caller that comes after that abort but before the work has
 * ended gets a run of its own.
 */
export function singleFlight<T>(what: string): (key: string, start: Start<T>, waiting?: Waiting) => Promise<T> {
  const flights = new Map<string, Flight<T>>();
  const begin = (key: string, start: Start<T>): Flight<T> => {
    const controller = new AbortController();
    const waiters = new Set<Waiting>();
    const background = () => [...waiters].every((waiter) => waiter.background === true);
    const promise = start(controller.signal, background).finally(() => flights.delete(key));
    promise.catch(() => {}); // the last waiter may be gone before it fails
    const flight = { promise, controller, waiters };
    flights.set(key, flight);
    return flight;
  };
  return async (key, start, waiting = {}) => {
    for (;;) {
      if (waiting.signal?.aborted) throw new SegmenterError("Cancelled", { what });
      const flight = flights.get(key) ?? begin(key, start);
      try {
        return await join(flight, waiting, what);
      } catch (thrown) {
        const endedByOthers = isSegmenterError(thrown, "Cancelled") && !waiting.signal?.aborted;
        if (!endedByOthers || !flight.controller.signal.aborted) throw thrown;
      }
    }
  };
}

async function join<T>({ promise, controller, waiters }: Flight<T>, waiting: Waiting, what: string): Promise<T> {
  const { signal, deadlineMs } = waiting;
  const own = { ...waiting }; // the same options may wait twice
  waiters.add(own);
  let forget = (): void => {};
  const ended = new Promise<never>((_, reject) => {
    const cancel = () => reject(new SegmenterError("Cancelled", { what }));
    const expire = () => reject(new SegmenterError("DeadlineExceeded", { deadlineMs: deadlineMs ?? 0 }));
    const timer = deadlineMs === undefined ? undefined : setTimeout(expire, deadlineMs);
    signal?.addEventListener("abort", cancel, { once: true });
    forget = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    };
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    forget();
    waiters.delete(own);
    if (waiters.size === 0) controller.abort();
  }
}
