/** One segment through the volume: a job of the server whose masks are shown as they come and kept as one step. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import type { Digest } from "../../../core/digest.ts";
import { decodeRle, encodeRle } from "../../../core/mask/rle.ts";
import { interpolate } from "../../../core/volume/interpolate.ts";
import type { JobMask, Rle } from "../../../core/wire/index.ts";
import type { PropagateProgress } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { bareWindow, saidOf } from "../state/places.ts";
import { activeSegmentOf, segmentList } from "../state/segments.ts";
import { isWritable, type JobView, type OpenImage } from "../state/state.ts";
import { forgetPending, type Pending, pendingFor, rememberPending } from "./pending.ts";
import { masksAction, resultOf, seedsOf } from "./seeds.ts";

export interface Propagation {
  /** Fills the slices around and between those that are settled, of the active segment in the plane shown. All slices when no range is given. */
  start(range?: { readonly from: number; readonly to: number }): void;
  /** Fills the gaps between settled slices of the active segment by their shapes, here and without the model. */
  interpolate(): void;
  /** Ends the job; what has come is offered. */
  cancel(): void;
  /** Ends the job and keeps what has come. */
  keep(): void;
  /** Takes up the job that was under way before a reload. */
  resume(): void;
}

export interface PropagationOptions {
  readonly keepMasks: (masks: readonly Rle[]) => readonly Digest[];
  /** Writes a line of the log, with a note that takes it back. */
  readonly write: (action: LogAction, text: string) => void;
}

/** Names what waits for the server. */
const JOB = "job";

export function createPropagation(context: Context, options: PropagationOptions): Propagation {
  const { store, notifier, connection, segmenter } = context;
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

  /** What a job has found; one that has ended also empties the slices where it found nothing. */
  const take = ({ segmentId, target }: Pending, masks: readonly JobMask[], ended = false) => {
    const { plane = "native", from, to } = target;
    const result = resultOf(store.state, segmentId, masks, { plane, ...(ended ? { emptied: { from, to } } : {}) });
    const name = segmentList(store.state).find(({ id }) => id === segmentId)?.name;
    if (name === undefined) return;
    if (result.length === 0) return notifier.info(t.volume.none(name), { cause: JOB });
    const digests = options.keepMasks(result.map(({ rle }) => rle));
    const { imageId } = store.state.image?.info ?? { imageId: target.imageId };
    const action = masksAction(segmentId, { imageId: imageId as Digest, plane }, result, digests);
    const doubtful = result.filter((mask) => mask.doubtful).map(({ slice }) => slice);
    options.write(action, t.volume.done(name, result.length, doubtful));
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

  const offer = (pending: Pending, found: readonly JobMask[]) => {
    const count = found.filter(({ origin }) => origin === "propagated").length;
    if (count === 0) return notifier.info(t.volume.stopped, { cause: JOB });
    const keep = { label: t.volume.keep(count), run: () => take(pending, found) };
    notifier.info(t.volume.stoppedWith(count), { cause: JOB, actions: [keep] });
  };

  const stopWith = (then: (pending: Pending, found: readonly JobMask[]) => void) => {
    const { pending } = running ?? {};
    const found = [...(store.state.job?.masks.values() ?? [])];
    end();
    if (pending) then(pending, found);
  };

  /** The active segment with its settled masks in the plane shown; what stands against it is said. */
  const settledNow = () => {
    const { image, job } = store.state;
    if (!image || image.plane.count < 2 || job || !isWritable(store.state)) return undefined;
    const segment = activeSegmentOf(store.state);
    const { masks, missing } = segment
      ? seedsOf(store.state, segment.id, image.plane.plane)
      : { masks: [], missing: 0 };
    if (segment && !segment.locked && missing === 0 && masks.length > 0) return { image, segment, masks };
    if (segment?.locked) notifier.info(t.said.locked(segment.name), { cause: "locked" });
    else notifier.info(missing > 0 ? t.volume.notReady : t.volume.noSeed, { cause: JOB });
    return undefined;
  };

  return {
    start(range) {
      const settled = settledNow();
      if (!settled) return;
      const { image, segment, masks } = settled;
      run({ segmentId: segment.id, target: targetOf(image, masks, range) });
    },
    interpolate() {
      const settled = settledNow();
      if (!settled) return;
      const { image, segment, masks } = settled;
      const found = interpolate(new Map(masks.map(({ slice, rle }) => [slice, decodeRle(rle)] as const)));
      if (found.length === 0) return notifier.info(t.volume.interpolateNone, { cause: JOB });
      const rles = found.map(({ mask }) => encodeRle(mask));
      const digests = options.keepMasks(rles);
      const { imageId } = image.info;
      const kept = found.map(({ slice }, n) => ({
        at: { imageId, plane: image.plane.plane, slice },
        mask: digests[n],
      }));
      const action: LogAction = { kind: "masks", segmentId: segment.id, origin: "interpolated", masks: kept };
      options.write(action, t.volume.interpolated(segment.name, found.length));
    },
    cancel: () => stopWith(offer),
    keep: () => stopWith((pending, found) => take(pending, found)),
    resume() {
      const { image } = store.state;
      running = undefined;
      const pending = image && pendingFor(image.info.imageId);
      if (pending) run(pending);
    },
  };
}

function targetOf(
  image: OpenImage,
  masks: { slice: number; rle: Rle }[],
  { from, to }: { from: number; to: number } = { from: 0, to: image.plane.count - 1 },
): Pending["target"] {
  const { encodeWindow: window, info, plane } = image;
  const place = { imageId: info.imageId, plane: plane.plane, ...(window ? { window: bareWindow(window) } : {}) };
  return { ...place, masks, from, to, ...saidOf(image) };
}
