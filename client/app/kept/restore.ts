/** State ↔ kept work. */
import { chainsOf } from "../../../core/annotation/chain.ts";
import { segmentOf } from "../../../core/annotation/entries.ts";
import { type PromptLog, segmentsOf } from "../../../core/annotation/log.ts";
import { serialiseLog } from "../../../core/annotation/log-file.ts";
import type { OpenImage } from "../state/open-image.ts";
import type { State } from "../state/state.ts";
import type { Work } from "./work.ts";

/** What is kept of the open image; `undefined` without one. */
export function workOf({ image, log, activeSegment, hidden, proposed }: State): Work | undefined {
  if (!image) return undefined;
  const { info, name, plane, slice, window, encodeWindow, modality, bodyPart, task } = image;
  const chains = chainsOf(log, info.imageId);
  return {
    imageId: info.imageId,
    name,
    modality,
    size: info.size,
    segments: segmentsOf(log).length,
    slices: new Set(chains.map(({ at }) => `${at.plane}/${at.slice}`)).size,
    savedAt: Date.now(),
    log: serialiseLog(log),
    place: { plane: plane.plane, slice, window, encodeWindow, modality, bodyPart, task },
    ...(activeSegment ? { activeSegment } : {}),
    hidden: [...hidden],
    ...(proposed.size > 0 ? { proposed: [...proposed] } : {}),
  };
}

/** The state with kept work in it; the work's image must be open. A place that the image does not have is left out. */
export function withWork(state: State, work: Work, log: PromptLog): State {
  const { image } = state;
  const known = new Set(segmentsOf(log).map(({ segmentId }) => segmentId));
  const hidden = new Set(work.hidden.filter((id) => known.has(id)));
  const activeSegment = work.activeSegment && known.has(work.activeSegment) ? work.activeSegment : [...known].at(-1);
  const proposed = new Map((work.proposed ?? []).filter(([id]) => known.has(id)));
  return { ...state, ...(image ? { image: placed(image, work) } : {}), log, hidden, proposed, activeSegment };
}

/** The state with a log that goes on where the kept one ends. */
export function withUnsaved(state: State, log: PromptLog): State {
  const last = segmentOf(log.done.at(-1));
  const known = segmentsOf(log).map(({ segmentId }) => segmentId);
  const activeSegment = last !== undefined && known.includes(last) ? last : (state.activeSegment ?? known.at(-1));
  return { ...state, log, activeSegment };
}

function placed(image: OpenImage, { place }: Work): OpenImage {
  const plane = image.info.planes.find((candidate) => candidate.plane === place?.plane);
  if (!place || !plane) return image;
  const slice = Math.max(0, Math.min(place.slice, plane.count - 1));
  const windows = image.window ? { window: place.window, encodeWindow: place.encodeWindow } : {};
  const { modality = image.modality, bodyPart = image.bodyPart, task = image.task } = place;
  return { ...image, plane, slice, sliceByPlane: { [plane.plane]: slice }, modality, bodyPart, task, ...windows };
}
