/** Two logs of one image become one: nothing of either is lost. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { segmentOf } from "../../../core/annotation/entries.ts";
import { append, nextNumber, type PromptLog } from "../../../core/annotation/log.ts";

/**
 * The longer one where one continues the other. Else `mine` and then what `theirs` did since they parted: more of the
 * segments that both know, and its own segments under new numbers.
 */
export function mergeLogs(mine: PromptLog, theirs: PromptLog): PromptLog {
  if (continues(theirs, mine)) return theirs;
  if (continues(mine, theirs)) return mine;
  const ids = new Map<string, string>();
  return theirs.done
    .slice(partingOf(mine, theirs))
    .reduce<PromptLog>((log, action) => append(log, renamed(action, log, ids)), mine);
}

/**
 * How many actions both share. "Segment 1" that was begun on both sides by different prompts is not one segment but two:
 * together their prompts would make a mask that nobody meant.
 */
function partingOf(mine: PromptLog, theirs: PromptLog): number {
  const different = theirs.done.findIndex((action, index) => !same(action, mine.done[index]));
  let shared = different < 0 ? theirs.done.length : different;
  while (shared < theirs.done.length && theirs.done[shared - 1]?.kind === "add-segment") shared--;
  return shared;
}

function continues({ entries }: PromptLog, start: PromptLog): boolean {
  return start.entries.every((entry, index) => same(entry, entries[index]));
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function renamed(action: LogAction, log: PromptLog, ids: Map<string, string>): LogAction {
  if (action.kind === "order-segments")
    return { ...action, segmentIds: action.segmentIds.map((id) => ids.get(id) ?? id) };
  if (!("segmentId" in action)) return action;
  if (action.kind !== "add-segment") return { ...action, segmentId: ids.get(action.segmentId) ?? action.segmentId };
  const number = nextNumber(log);
  const taken = new Set(log.done.map(segmentOf));
  let segmentId = `segment-${number}`;
  while (taken.has(segmentId)) segmentId += "+";
  ids.set(action.segmentId, segmentId);
  return { ...action, segmentId, number };
}
