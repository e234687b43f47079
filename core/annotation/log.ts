/**
 * The prompt log: the only state of a segmentation. Masks, lists and badges are derived from it, so replaying it after a
 * reload, a lost GPU or in another viewer gives the same picture. Append-only: undo and redo are entries too.
 */
import { SegmenterError } from "../errors.ts";
import type { Plane, Window } from "../image/volume.ts";
import type { Crop } from "../wire/embedding.ts";
import type { Prompt } from "../wire/prompt.ts";
import { isLogEntry } from "./log-checks.ts";

/** Where a prompt was given: a slice, and what its encoder saw. */
export interface SliceRef {
  readonly imageId: string;
  readonly plane: Plane;
  readonly slice: number;
  /** The window of the encoding, `null` for colour. */
  readonly window: Window | null;
  readonly crop?: Crop;
  readonly model?: string;
  readonly embeddingId?: string;
}

/** What a user did, in one step of undo. */
export type LogAction =
  | { readonly kind: "add-object"; readonly objectId: string; readonly name: string; readonly color: string }
  | { readonly kind: "rename-object"; readonly objectId: string; readonly name: string; readonly color: string }
  | { readonly kind: "remove-object"; readonly objectId: string }
  /** One gesture: usually one prompt, several when they were sent together. */
  | {
      readonly kind: "prompt";
      readonly objectId: string;
      readonly at: SliceRef;
      readonly prompts: readonly Prompt[];
      readonly multimask?: boolean;
    }
  /** Which of the candidate masks of the last prompt is meant. */
  | { readonly kind: "choose"; readonly objectId: string; readonly at: SliceRef; readonly candidate: number }
  /** Forgets the prompts of one object on one slice. */
  | { readonly kind: "clear"; readonly objectId: string; readonly at: SliceRef };

/** A line of the log. */
export type LogEntry = LogAction | { readonly kind: "undo" } | { readonly kind: "redo" };

export type PromptAction = Extract<LogAction, { kind: "prompt" }>;

/** An immutable log. `entries` is the truth; `done` and `undone` are what they come to. */
export interface PromptLog {
  readonly entries: readonly LogEntry[];
  /** Actions in force, oldest first. */
  readonly done: readonly LogAction[];
  /** Actions taken back; redo brings back the last. */
  readonly undone: readonly LogAction[];
}

/** An object of the segmentation as the label list shows it. */
export interface LogObject {
  readonly objectId: string;
  readonly name: string;
  readonly color: string;
}

const VERSION = 1;

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

/** Is there an action to take back? */
export const canUndo = (log: PromptLog): boolean => log.done.length > 0;

/** Is there an action to bring back? */
export const canRedo = (log: PromptLog): boolean => log.undone.length > 0;

/** Rebuilds a log from its lines alone. */
export const replay = (entries: readonly LogEntry[]): PromptLog => entries.reduce(append, emptyLog());

/** Names a slice of a plane of an image; windows and crops of the same slice share it. */
export const sliceKeyOf = ({ imageId, plane, slice }: Pick<SliceRef, "imageId" | "plane" | "slice">): string =>
  `${imageId}/${plane}/${slice}`;

/** Objects in the order in which they were added. */
export function objectsOf(log: PromptLog): readonly LogObject[] {
  const objects = new Map<string, LogObject>();
  for (const action of log.done) {
    if (action.kind === "add-object" || (action.kind === "rename-object" && objects.has(action.objectId))) {
      const { objectId, name, color } = action;
      objects.set(objectId, { objectId, name, color });
    } else if (action.kind === "remove-object") objects.delete(action.objectId);
  }
  return [...objects.values()];
}

/** A gesture and the candidate mask chosen after it; 0, the best one, when nobody chose. */
export interface Step {
  readonly action: PromptAction;
  readonly candidate: number;
}

/** The steps of one object on one slice since it was last cleared or removed; each feeds the next as refinement. */
export function stepsOf(log: PromptLog, objectId: string, sliceKey: string): readonly Step[] {
  let steps: Step[] = [];
  for (const action of log.done) {
    if (action.objectId !== objectId) continue;
    if (action.kind === "remove-object") steps = [];
    if (!("at" in action) || sliceKeyOf(action.at) !== sliceKey) continue;
    const last = steps.at(-1);
    if (action.kind === "clear") steps = [];
    else if (action.kind === "prompt") steps.push({ action, candidate: 0 });
    else if (last) steps[steps.length - 1] = { action: last.action, candidate: action.candidate };
  }
  return steps;
}

/** All prompts in force for one object on one slice, oldest first. */
export function promptsOf(log: PromptLog, objectId: string, sliceKey: string): readonly Prompt[] {
  return stepsOf(log, objectId, sliceKey).flatMap(({ action }) => action.prompts);
}

/** Slices on which an object has prompts, in the order of the first one. */
export function slicesOf(log: PromptLog, objectId: string): readonly SliceRef[] {
  const slices = new Map<string, SliceRef>();
  for (const action of log.done) {
    if (action.objectId !== objectId) continue;
    if (action.kind === "remove-object") slices.clear();
    else if (action.kind === "clear") slices.delete(sliceKeyOf(action.at));
    else if (action.kind === "prompt") slices.set(sliceKeyOf(action.at), action.at);
  }
  return [...slices.values()];
}

/** The log as JSON text: its lines, not what they come to. */
export const serialiseLog = ({ entries }: PromptLog): string => JSON.stringify({ version: VERSION, entries });

/** Reads `serialiseLog`'s text; throws SegmenterError "InvalidRequest" that names the first bad line. */
export function parseLog(text: string): PromptLog {
  const entries = entriesOf(text);
  const bad = entries.findIndex((entry) => !isLogEntry(entry));
  if (bad >= 0) throw invalid(`Line ${bad} of the prompt log is none.`, `entries[${bad}]`);
  return replay(entries.filter(isLogEntry));
}

function entriesOf(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("A prompt log is JSON.", "", cause);
  }
  const log = typeof value === "object" && value !== null ? value : {};
  const version = "version" in log ? log.version : undefined;
  if (version !== VERSION) throw invalid(`The prompt log must be of version ${VERSION}, got ${version}.`, "version");
  if (!("entries" in log) || !Array.isArray(log.entries)) throw invalid("A prompt log has a list of lines.", "entries");
  return log.entries;
}

const invalid = (reason: string, path: string, cause?: unknown) =>
  new SegmenterError("InvalidRequest", { reason, path }, { cause });
