/** What a job has found, as one line of the log. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import type { Digest } from "../../../core/digest.ts";
import type { JobMask, Rle } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { segmentList } from "../state/segments.ts";
import type { Pending } from "./pending.ts";
import { masksAction, resultOf } from "./seeds.ts";

export interface VolumeWriting {
  readonly keepMasks: (masks: readonly Rle[]) => readonly Digest[];
  /** Writes a line of the log, with a note that takes it back. */
  readonly write: (action: LogAction, text: string) => void;
}

export interface Results {
  /** Keeps what a job has found; one that has ended also empties the slices where it found nothing. */
  take(pending: Pending, masks: readonly JobMask[], ended?: boolean): void;
  /** Offers what a job had found when it stopped. */
  offer(pending: Pending, found: readonly JobMask[]): void;
}

/** Names what waits for the server, and what is said of it. */
export const JOB = "job";

export function createResults({ store, notifier }: Context, options: VolumeWriting): Results {
  const take: Results["take"] = ({ segmentId, target }, masks, ended = false) => {
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

  const offer: Results["offer"] = (pending, found) => {
    const count = found.filter(({ origin }) => origin === "propagated").length;
    if (count === 0) return notifier.info(t.volume.stopped, { cause: JOB });
    const keep = { label: t.volume.keep(count), run: () => take(pending, found) };
    notifier.info(t.volume.stoppedWith(count), { cause: JOB, actions: [keep] });
  };

  return { take, offer };
}
