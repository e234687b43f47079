/** What a propagation or an interpolation starts from. */
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { activeSegmentOf } from "../state/segments.ts";
import { isWritable } from "../state/state.ts";
import { JOB } from "./results.ts";
import { seedsOf } from "./seeds.ts";

/** The active segment with its settled masks in the plane shown; `undefined` when something stands against it, which is said. */
export function settledNow({ store, notifier }: Context) {
  const { image, job } = store.state;
  if (!image || image.plane.count < 2 || job || !isWritable(store.state)) return undefined;
  const segment = activeSegmentOf(store.state);
  const { masks, missing } = segment ? seedsOf(store.state, segment.id, image.plane.plane) : { masks: [], missing: 0 };
  if (segment && !segment.locked && missing === 0 && masks.length > 0) return { image, segment, masks };
  if (segment?.locked) notifier.info(t.said.locked(segment.name), { cause: "locked" });
  else notifier.info(missing > 0 ? t.volume.notReady : t.volume.noSeed, { cause: JOB });
  return undefined;
}
