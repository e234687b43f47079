/** Opening takes time and may fail: what is loading is said, and of two images that are asked for the later one is opened. */
import { isSegmenterError } from "../../../core/errors.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";

export interface Loader {
  /**
   * `open` gets the number of its turn, and a signal that it is not wanted any more. Never rejects: a failure is told, with
   * another try where that may help; `failure` begins what is told.
   */
  load(sentence: string, open: (turn: number, signal: AbortSignal) => Promise<void>, failure?: string): Promise<void>;
  /** Gives up what is loading. */
  stop(): void;
  /** Has nothing else been asked for since, and is the viewer still there? */
  isLatest(turn: number): boolean;
}

export function createLoader({ store, notifier, connection, ended }: Context): Loader {
  let latest = 0;
  const isLatest = (turn: number) => turn === latest && !ended.aborted;
  let unwanted = new AbortController();
  const stop = () => {
    latest++;
    unwanted.abort();
    unwanted = new AbortController();
    store.set({ loading: undefined, arriving: undefined });
  };
  ended.addEventListener("abort", stop);
  const load: Loader["load"] = async (sentence, open, failure = t.errors.open) => {
    stop();
    const { signal } = unwanted;
    const turn = latest;
    notifier.settled(t.errors.open);
    store.set({ loading: sentence });
    const again = () => void load(sentence, open, failure);
    try {
      await open(turn, signal);
    } catch (thrown) {
      if (!isLatest(turn)) return;
      if (connection.takes(thrown, "open", again)) return;
      const retry = isSegmenterError(thrown, "ImageNotFound") ? {} : { retry: again };
      notifier.failed(failure, thrown, { cause: t.errors.open, ...retry });
    } finally {
      if (isLatest(turn) && !store.state.outage) store.set({ loading: undefined, arriving: undefined });
    }
  };
  return { load, stop, isLatest };
}
