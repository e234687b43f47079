/**
 * The prompt log: the only state of a segmentation. Masks, lists and badges are derived from it, so replaying it after a
 * reload, a lost GPU or in another viewer gives the same masks. Append-only: undo and redo are entries too.
 */
import type { Code, LogAction, LogEntry, ReviewState } from "./entries.ts";

/** An immutable log. `entries` is the truth; `done` and `undone` are what they come to. */
export interface PromptLog {
  readonly entries: readonly LogEntry[];
  /** Actions in force, oldest first. */
  readonly done: readonly LogAction[];
  /** Actions taken back; redo brings back the last. */
  readonly undone: readonly LogAction[];
}

/** A segment as the log knows it. */
export interface LogSegment {
  readonly segmentId: string;
  readonly number: number;
  readonly name: string;
  readonly colour: string;
  readonly code?: Code;
  readonly locked: boolean;
  /** To do, until somebody says more. */
  readonly review?: ReviewState;
  /** Of the group that it belongs to. */
  readonly groupName?: string;
}

/** A log in which nothing has happened. */
export const emptyLog = (): PromptLog => ({ entries: [], done: [], undone: [] });

/** The log with one more line. A new action forgets what could be redone; undo and redo with nothing to do change nothing. */
export function append(log: PromptLog, entry: LogEntry): PromptLog {
  const { done, undone } = log;
  const entries = [...log.entries, entry];
  if (entry.kind === "undo") {
    const last = done.at(-1);
    return last ? { entries, done: done.slice(0, -1), undone: [...undone, last] } : log;
  }
  if (entry.kind === "redo") {
    const last = undone.at(-1);
    return last ? { entries, done: [...done, last], undone: undone.slice(0, -1) } : log;
  }
  return { entries, done: [...done, entry], undone: [] };
}

/** Takes the last action back. */
export const undo = (log: PromptLog): PromptLog => append(log, { kind: "undo" });

/** Brings the last taken-back action again. */
export const redo = (log: PromptLog): PromptLog => append(log, { kind: "redo" });

/** Takes back the newest action with all that its group did. */
export function undoGroup(log: PromptLog): PromptLog {
  const group = log.done.at(-1)?.group;
  let back = undo(log);
  while (group !== undefined && back.done.at(-1)?.group === group) back = undo(back);
  return back;
}

/** Brings the last taken-back action again with all that its group did. */
export function redoGroup(log: PromptLog): PromptLog {
  const group = log.undone.at(-1)?.group;
  let again = redo(log);
  while (group !== undefined && again.undone.at(-1)?.group === group) again = redo(again);
  return again;
}

/** Is there an action to take back? */
export const canUndo = (log: PromptLog): boolean => log.done.length > 0;

/** Is there an action to bring back? */
export const canRedo = (log: PromptLog): boolean => log.undone.length > 0;

/** Rebuilds a log from its lines alone, in one pass. */
export function replay(entries: readonly LogEntry[]): PromptLog {
  const kept: LogEntry[] = [];
  const done: LogAction[] = [];
  let undone: LogAction[] = [];
  for (const entry of entries) {
    const moved = entry.kind === "undo" ? done.pop() : entry.kind === "redo" ? undone.pop() : undefined;
    if (entry.kind === "undo") moved && undone.push(moved);
    else if (entry.kind === "redo") moved && done.push(moved);
    else {
      done.push(entry);
      undone = [];
    }
    if (moved || (entry.kind !== "undo" && entry.kind !== "redo")) kept.push(entry);
  }
  return { entries: kept, done, undone };
}

/**
 * Segments in the order of the list: as they were added, or as they were put in order since. Those of a group follow the
 * first of it.
 */
export function segmentsOf({ done }: PromptLog): readonly LogSegment[] {
  let segments: LogSegment[] = [];
  for (const action of done) {
    if (action.kind === "add-segment") segments.push({ ...segmentFrom(action), locked: false });
    else if (action.kind === "change-segment")
      segments = segments.map((segment) =>
        segment.segmentId === action.segmentId ? { ...segment, ...changesOf(action) } : segment,
      );
    else if (action.kind === "remove-segment")
      segments = segments.filter(({ segmentId }) => segmentId !== action.segmentId);
    else if (action.kind === "order-segments") segments = ordered(segments, action.segmentIds);
  }
  return together(segments.map(withoutEmptyGroup));
}

const withoutEmptyGroup = ({ groupName, ...segment }: LogSegment): LogSegment =>
  groupName ? { ...segment, groupName } : segment;

function together(segments: readonly LogSegment[]): readonly LogSegment[] {
  const first = (segment: LogSegment) =>
    segment.groupName === undefined
      ? segments.indexOf(segment)
      : segments.findIndex(({ groupName }) => groupName === segment.groupName);
  return segments.some(({ groupName }) => groupName) ? segments.toSorted((a, b) => first(a) - first(b)) : segments;
}

const segmentFrom = ({ kind: _kind, group: _group, ...segment }: Extract<LogAction, { kind: "add-segment" }>) =>
  segment;
const changesOf = ({ kind: _kind, group: _group, ...changes }: Extract<LogAction, { kind: "change-segment" }>) =>
  changes;

function ordered(segments: readonly LogSegment[], ids: readonly string[]): LogSegment[] {
  const place = ({ segmentId }: LogSegment) => {
    const at = ids.indexOf(segmentId);
    return at < 0 ? ids.length : at;
  };
  return segments.toSorted((a, b) => place(a) - place(b));
}

/** The number of the next segment. The numbers of removed and undone segments are not given again. */
export function nextNumber({ entries }: PromptLog): number {
  const numbers = entries.map((entry) => (entry.kind === "add-segment" ? entry.number : 0));
  return numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
}
