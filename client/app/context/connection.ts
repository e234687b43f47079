/** Whether the server answers. While it does not, what failed is tried again by itself. */
import { isSegmenterError } from "../../../core/errors.ts";
import type { Store } from "../state/store.ts";

export type Fetch = (request: Request) => Promise<Response>;

export interface Connection {
  /** Notices from every request whether the server is there. */
  readonly fetch: Fetch;
  /** Takes a failure that is only a lost connection, and runs `again` once the next try is due; false for any other. */
  takes(thrown: unknown, key: string, again: () => void): boolean;
  /** Does not wait for the next try. */
  tryNow(): void;
  /** These are not to be tried again: they belong to an image that is closed. */
  forget(keys: readonly string[]): void;
}

/** What of an open image may wait for the server: the slice shown, and masks. */
export const SLICE = "slice";
export const MASKS = "masks";

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

/** Statuses of a proxy whose server is gone. */
const GONE = [502, 504];

/** From `ended` on nothing is asked, nothing is tried again, and what is under way is broken off. */
export function createConnection(store: Store, send: Fetch, ended: AbortSignal): Connection {
  const waiting = new Map<string, () => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_DELAY_MS;

  const schedule = () => {
    if (timer !== undefined) return;
    const since = store.state.outage?.since ?? performance.now();
    store.set({ outage: { since, nextTry: performance.now() + delay } });
    timer = setTimeout(tryNow, delay);
    delay = Math.min(LONGEST_DELAY_MS, delay * 2);
  };

  const tryNow = () => {
    clearTimeout(timer);
    timer = undefined;
    const { outage } = store.state;
    if (outage) store.set({ outage: { ...outage, nextTry: undefined } });
    const due = [...waiting.values()];
    waiting.clear();
    for (const again of due) again();
  };

  const answered = () => {
    delay = FIRST_DELAY_MS;
    if (!store.state.outage) return;
    store.set({ outage: undefined });
    tryNow();
  };

  addEventListener("online", tryNow, { signal: ended });
  ended.addEventListener("abort", () => clearTimeout(timer));
  return {
    async fetch(request) {
      const signal = AbortSignal.any([request.signal, ended]);
      const response = await send(new Request(request, { signal }));
      if (!GONE.includes(response.status)) answered();
      return response;
    },
    takes(thrown, key, again) {
      if (ended.aborted) return true;
      if (!isSegmenterError(thrown, "ServerUnreachable")) return false;
      waiting.set(key, again);
      schedule();
      return true;
    },
    tryNow,
    forget(keys) {
      for (const key of keys) waiting.delete(key);
    },
  };
}
