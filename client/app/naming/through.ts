/** Names through all slices of the plane shown, by a job of the server: every structure, and where one is. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, type PromptLog } from "../../../core/annotation/log.ts";
import type { Digest } from "../../../core/digest.ts";
import type { JobMask, Rle } from "../../../core/wire/index.ts";
import type { LookTarget, Segmenter } from "../../index.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import type { OpenImage } from "../state/open-image.ts";
import { bareWindow, saidOf } from "../state/places.ts";

/** All slices of the plane shown. */
export function wholePlane(image: OpenImage): LookTarget {
  const { encodeWindow: window, info, plane } = image;
  const place = { imageId: info.imageId, plane: plane.plane, from: 0, to: plane.count - 1 };
  return { ...place, ...(window ? { window: bareWindow(window) } : {}), ...saidOf(image) };
}

/** Masks by the name of their structure; what was found until an abort is given too. */
export async function foundThrough(
  segmenter: Pick<Segmenter, "findThrough">,
  image: OpenImage,
  { signal, report }: { readonly signal: AbortSignal; readonly report: (done: number, total: number) => void },
): Promise<ReadonlyMap<string, readonly JobMask[]>> {
  const found = new Map<string, JobMask[]>();
  try {
    for await (const { done, total, masks } of segmenter.findThrough(wholePlane(image), { signal })) {
      for (const mask of masks) found.set(mask.name ?? "", [...(found.get(mask.name ?? "") ?? []), mask]);
      report(done, total);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  return found;
}

export interface VolumeKeeping {
  readonly keepMasks: (masks: readonly Rle[]) => readonly Digest[];
}

/** A segment for each name, with the masks that were found. */
export function volumeProposals(
  log: PromptLog,
  image: OpenImage,
  { found, keepMasks }: VolumeKeeping & { readonly found: ReadonlyMap<string, readonly JobMask[]> },
) {
  const actions: LogAction[] = [];
  const proposed = new Map<string, string>();
  const place = { imageId: image.info.imageId, plane: image.plane.plane };
  for (const [name, masks] of found) {
    const added = addSegment(actions.reduce(append, log), name);
    const digests = keepMasks(masks.map(({ rle }) => rle));
    const kept = masks.flatMap(({ slice, predictedIou, doubtful }, n) => {
      const mask = digests[n];
      return mask ? [{ at: { ...place, slice }, mask, predictedIou, ...(doubtful ? { doubtful } : {}) }] : [];
    });
    const { segmentId } = added;
    actions.push(added, { kind: "masks", segmentId, origin: "propagated", masks: kept });
    proposed.set(segmentId, name);
  }
  return { actions, proposed };
}
