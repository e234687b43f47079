/** Steps of the log as a user takes them back: what they are called, where they were made, what goes together. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { segmentOf } from "../../../core/annotation/entries.ts";
import { type PromptLog, redo, redoGroup, undo, undoGroup } from "../../../core/annotation/log.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import { t } from "../i18n/index.ts";
import { segmentList } from "../state/segments.ts";

/** Slices that an action changed. */
export const placesOf = (action: LogAction | undefined): readonly SliceRef[] => {
  if (action?.kind === "masks") return action.masks.map(({ at }) => at);
  return action && "at" in action ? [action.at] : [];
};

/** The name of an action's segment in a log where it exists. */
const nameIn = (log: PromptLog, action: LogAction | undefined): string =>
  segmentList({ log, hidden: new Set() }).find(({ id }) => id === segmentOf(action))?.name ?? "";

/** What an action did, in a few words: "Point, Liver, slice 12". `log` has its segment. */
export function what(action: LogAction | undefined, log: PromptLog, known: string | undefined): string {
  if (!action) return "";
  const name = known ?? nameIn(log, action);
  const places = placesOf(action);
  const slice = places.length === 1 ? t.sliceNumber(places[0].slice + 1) : undefined;
  const kind = kindOf(action);
  return [kind, name, slice].filter(Boolean).join(", ");
}

function kindOf(action: LogAction): string {
  if (action.kind === "prompt") return t.promptKinds[action.prompts[0].kind];
  return action.kind === "masks" ? t.origins[action.origin] : t.actions[action.kind];
}

/** What makes the first mask of a segment and created it on the way. */
const isFirst = (created: LogAction | undefined, first: LogAction | undefined): boolean =>
  created?.kind === "add-segment" &&
  (first?.kind === "prompt" || first?.kind === "masks") &&
  first.segmentId === created.segmentId;

/** Undo of a segment's first mask takes the segment with it. */
export function undoStep(log: PromptLog): PromptLog {
  const back = undoGroup(log);
  return isFirst(back.done.at(-1), back.undone.at(-1)) ? undo(back) : back;
}

/** A segment that its first mask created comes back with that mask. */
export function redoStep(log: PromptLog): PromptLog {
  const again = redoGroup(log);
  return isFirst(again.done.at(-1), again.undone.at(-1)) ? redo(again) : again;
}
