/** Two logs of one image become one: nothing of either is lost. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { segmentOf } from "../../../core/annotation/entries.ts";
import { append, nextNumber, type PromptLog } from "../../../core/annotation/log.ts";

/** The longer one where one continues the other; else `mine` with the segments of `theirs` added under new numbers. */
export function mergeLogs(mine: PromptLog, theirs: PromptLog): PromptLog {
  if (continues(theirs, mine)) return theirs;
  if (continues(mine, theirs)) return mine;
  const ids = new Map<string, string>();
  return theirs.done.reduce<PromptLog>((log, action) => append(log, renamed(action, log, ids)), mine);
}

function continues({ entries }: PromptLog, start: PromptLog): boolean {
  return start.entries.every((entry, index) => JSON.stringify(entries[index]) === JSON.stringify(entry));
}

function renamed(action: LogAction, log: PromptLog, ids: Map<string, string>): LogAction {
  if (action.kind === "order-segments")
    return { ...action, segmentIds: action.segmentIds.map((id) => ids.get(id) ?? id) };
  if (action.kind !== "add-segment") return { ...action, segmentId: ids.get(action.segmentId) ?? action.segmentId };
  const number = nextNumber(log);
  const taken = new Set(log.done.map(segmentOf));
  let segmentId = `segment-${number}`;
  while (taken.has(segmentId)) segmentId += "+";
  ids.set(action.segmentId, segmentId);
  return { ...action, segmentId, number };
}
