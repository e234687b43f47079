/** Where a segment is in the stack, and how its mask came to each slice. */
import type { MaskOrigin } from "../../../core/annotation/entries.ts";
import { chainPlace, wantedChains } from "./chains.ts";
import type { State } from "./state.ts";

export interface Whereabouts {
  readonly origin: MaskOrigin;
  readonly doubtful: boolean;
}

/** By slice of the plane shown; what a job has found so far counts, empty masks do not. */
export function whereIs(state: State, segmentId: string): ReadonlyMap<number, Whereabouts> {
  const { image, job, masks } = state;
  const found = new Map<number, Whereabouts>();
  if (!image) return found;
  for (const chain of wantedChains(state)) {
    if (chain.segmentId !== segmentId || chain.at.plane !== image.plane.plane) continue;
    const view = masks.get(chainPlace(chain));
    if (view?.area === 0) continue;
    const origin = chain.steps.length > 0 ? "prompted" : (chain.base?.origin ?? "prompted");
    const doubtful = view?.doubtful ?? (chain.steps.length === 0 && chain.base?.doubtful === true);
    found.set(chain.at.slice, { origin, doubtful });
  }
  if (job?.segmentId === segmentId && job.plane === image.plane.plane)
    for (const { slice, origin, doubtful } of job.masks.values())
      if (origin === "propagated") found.set(slice, { origin, doubtful });
  return new Map([...found].toSorted(([a], [b]) => a - b));
}
