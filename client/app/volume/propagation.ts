/** One segment through the volume: a job of the server whose masks are shown as they come and kept as one step. */
import type { JobMask } from "../../../core/wire/index.ts";
import type { PropagateProgress } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { bareWindow, saidOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import type { State } from "../state/state.ts";
import type { JobView } from "../state/underway.ts";
import { forgetPending, type Pending, pendingFor, rememberPending } from "./pending.ts";
import { createResults, JOB, type VolumeWriting } from "./results.ts";
import type { Seeds } from "./seeds.ts";
import { settledNow } from "./settled.ts";

export interface Propagation {
  /** Fills the slices around and between those that are settled, of the active segment in the plane shown. All slices when no range is given. */
  start(range?: { readonly from: number; readonly to: number }): void;
  /** Ends the job; what has come is offered. */
  cancel(): void;
  /** Ends the job and keeps what has come. */
  keep(): void;
  /** Takes up the job that was under way before a reload. */
  resume(): void;
}

export function createPropagation(context: Context, options: VolumeWriting): Propagation {
  const { store, notifier, connection, segmenter } = context;
  const { take, offer } = createResults(context, options);
  let running: { readonly pending: Pending; readonly stop: AbortController } | undefined;

  const patch = (fields: Partial<JobView>) =>
    store.update((state) => (state.job ? { ...state, job: { ...state.job, ...fields } } : state));

  const end = () => {
    running?.stop.abort();
    running = undefined;
    forgetPending();
    connection.forget([JOB]);
    store.set({ job: undefined });
  };

  const isOpen = ({ target }: Pending) => store.state.image?.info.imageId === target.imageId;

  const follow = async (pending: Pending, stop: AbortController): Promise<void> => {
    running = { pending, stop };
    const masks = new Map<number, JobMask>();
    let last: PropagateProgress | undefined;
    for await (const progress of (await segmenter()).propagate(pending.target, { signal: stop.signal })) {
      // Another image is open: the job goes on without this page, which asks for it again when it comes back.
      if (running?.stop !== stop || !isOpen(pending)) return;
      for (const mask of progress.masks) masks.set(mask.slice, mask);
      last = progress;
      patch({ done: progress.done, total: progress.total, masks: new Map(masks), broken: false });
    }
    if (running?.stop !== stop) return;
    running = undefined;
    end();
    if (last?.state === "done") take(pending, [...masks.values()], true);
  };

  const run = (pending: Pending) => {
    const stop = new AbortController();
    rememberPending(pending);
    const { segmentId, target } = pending;
    const before = store.state.job?.masks ?? new Map<number, JobMask>();
    const plane = target.plane ?? "native";
    store.set({ job: { segmentId, plane, done: before.size, total: 0, masks: before, broken: false } });
    follow(pending, stop).catch((thrown: unknown) => {
      if (running?.stop !== stop || !isOpen(pending)) return;
      if (connection.takes(thrown, JOB, () => isOpen(pending) && running?.stop === stop && run(pending)))
        return patch({ broken: true });
      const found = [...(store.state.job?.masks.values() ?? [])];
      end();
      notifier.failed(t.volume.failed, thrown, { cause: JOB, retry: () => run(pending) });
      offer(pending, found);
    });
  };

  const stopWith = (then: (pending: Pending, found: readonly JobMask[]) => void) => {
    const { pending } = running ?? {};
    const found = [...(store.state.job?.masks.values() ?? [])];
    end();
    if (pending) then(pending, found);
  };

  onSegmentGone(context, () => stopWith(() => {}));

  return {
    start(range) {
      const settled = settledNow(context);
      if (!settled) return;
      const { image, segment, masks } = settled;
      run({ segmentId: segment.id, target: targetOf(image, masks, range) });
    },
    cancel: () => stopWith(offer),
    keep: () => stopWith((pending, found) => take(pending, found)),
    resume() {
      const { image } = store.state;
      running = undefined;
      const pending = image && pendingFor(image.info.imageId);
      if (!pending) return;
      if (has(store.state, pending)) run(pending);
      else forgetPending();
    },
  };
}

const has = (state: State, { segmentId }: Pick<Pending, "segmentId">): boolean =>
  segmentList(state).some(({ id }) => id === segmentId);

/** Nothing is left to write to: the job of a segment that is deleted, or undone, ends with it. */
function onSegmentGone({ store, ended }: Context, end: () => void): void {
  const unwatch = store.subscribe(() => {
    const { job } = store.state;
    if (job && !has(store.state, job)) end();
  });
  ended.addEventListener("abort", unwatch);
}

function targetOf(
  image: OpenImage,
  masks: Seeds["masks"],
  { from, to }: { from: number; to: number } = { from: 0, to: image.plane.count - 1 },
): Pending["target"] {
  const { encodeWindow: window, info, plane } = image;
  const place = { imageId: info.imageId, plane: plane.plane, ...(window ? { window: bareWindow(window) } : {}) };
  return { ...place, masks, from, to, ...saidOf(image) };
}
