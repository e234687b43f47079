/** The one place that writes the prompt log into the state. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { segmentOf } from "../../../core/annotation/entries.ts";
import { append, canRedo, canUndo, type PromptLog, redo, undo } from "../../../core/annotation/log.ts";
import { type SliceRef, sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { placeOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import { isWritable, type State } from "../state/state.ts";

export interface LogWriter {
  /** Appends actions, as steps of their own, and sets fields that go with them. False when this tab may not write. */
  act(actions: readonly LogAction[], fields?: Partial<State>): boolean;
  /** As `act`, with a note whose button takes the last of the actions back; the note goes when something else is done. */
  actWithUndo(actions: readonly LogAction[], text: string): void;
  /** Goes where the last action was, then takes it back. */
  undo(): void;
  redo(): void;
  /** Takes back the newest action, and the segment that it created; does nothing when another one is the newest. */
  takeBack(action: LogAction): boolean;
  /** Makes the segment that was touched last the active one, or any that exists. */
  followLog(): void;
}

/** Notes about the newest action; they end with the next one. */
const NEWEST = "newest-action";

/** `onChange` runs after each change of the log; `goTo` shows a slice. */
export function createLogWriter(
  { store, notifier }: Context,
  onChange: () => void,
  goTo: (place: SliceRef) => void,
): LogWriter {
  const set = (log: PromptLog, fields: Partial<State> = {}) => {
    notifier.settled(NEWEST);
    store.set({ log, preview: undefined, ...fields });
    onChange();
  };
  const mayWrite = (): boolean => {
    const { keeping } = store.state;
    if (isWritable(store.state)) return true;
    notifier.info(keeping.state === "newer" ? t.keeping.newerShort : t.keeping.otherTabShort, { cause: "read-only" });
    return false;
  };
  const followLog = () => {
    const segments = segmentList(store.state);
    const last = segmentOf(store.state.log.done.at(-1));
    const { activeSegment } = store.state;
    const touched = segments.find(({ id }) => id === last) ?? segments.find(({ id }) => id === activeSegment);
    store.set({ activeSegment: (touched ?? segments.at(-1))?.id });
  };
  const act: LogWriter["act"] = (actions, fields) => {
    if (!mayWrite()) return false;
    set(actions.reduce<PromptLog>(append, store.state.log), fields);
    return true;
  };
  /** Shows the slice and the segment of an action, so that nothing changes where nobody looks. */
  const show = (action: LogAction | undefined): boolean => {
    const { image, hidden } = store.state;
    const id = segmentOf(action);
    if (id !== undefined && hidden.has(id)) store.set({ hidden: new Set([...hidden].filter((other) => other !== id)) });
    const place = placesOf(action).find(({ imageId }) => imageId === image?.info.imageId);
    if (!image || !place || sliceKeyOf(place) === sliceKeyOf(placeOf(image))) return false;
    goTo(place);
    return true;
  };
  const step = (to: PromptLog, action: LogAction | undefined, said: (what: string) => string) => {
    const name = segmentList(store.state).find(({ id }) => id === segmentOf(action))?.name;
    const moved = show(action);
    set(to);
    followLog();
    const text = said(what(action, name ?? nameIn(to, action)));
    notifier.say(text);
    if (moved) notifier.info(text);
  };
  return {
    act,
    actWithUndo(actions, text) {
      const last = actions.at(-1);
      if (!act(actions) || !last) return;
      followLog();
      const take = { label: t.undo, run: () => void takeBack(store, set, last) };
      notifier.info(text, { cause: NEWEST, actions: [take] });
    },
    undo() {
      const { log } = store.state;
      if (canUndo(log) && mayWrite()) step(undoStep(log), log.done.at(-1), t.said.undone);
    },
    redo() {
      const { log } = store.state;
      if (!canRedo(log) || !mayWrite()) return;
      const to = redoStep(log);
      step(to, to.done.at(-1), t.said.redone);
    },
    takeBack(action) {
      const taken = takeBack(store, set, action);
      if (taken) followLog();
      return taken;
    },
    followLog,
  };
}

function takeBack(store: Context["store"], set: (log: PromptLog) => void, action: LogAction): boolean {
  const { log } = store.state;
  if (log.done.at(-1) !== action) return false;
  set(undoStep(log));
  return true;
}

const placesOf = (action: LogAction | undefined): readonly SliceRef[] => {
  if (action?.kind === "masks") return action.masks.map(({ at }) => at);
  return action && "at" in action ? [action.at] : [];
};

/** The name of an action's segment in a log where it exists. */
const nameIn = (log: PromptLog, action: LogAction | undefined): string =>
  segmentList({ log, hidden: new Set() }).find(({ id }) => id === segmentOf(action))?.name ?? "";

/** What an action did, in a few words: "Point, Liver, slice 12". */
function what(action: LogAction | undefined, name: string): string {
  if (!action) return "";
  const slice = "at" in action ? t.sliceNumber(action.at.slice + 1) : undefined;
  const kind = action.kind === "prompt" ? t.promptKinds[action.prompts[0].kind] : t.actions[action.kind];
  return [kind, name, slice].filter(Boolean).join(", ");
}

/** Undo of a segment's first prompt takes the segment with it. */
function undoStep(log: PromptLog): PromptLog {
  const back = undo(log);
  const last = back.done.at(-1);
  const taken = back.undone.at(-1);
  const created = last?.kind === "add-segment" && taken?.kind === "prompt" && taken.segmentId === last.segmentId;
  return created ? undo(back) : back;
}

/** A segment that its first prompt created comes back with that prompt. */
function redoStep(log: PromptLog): PromptLog {
  const back = redo(log);
  const created = back.done.at(-1)?.kind === "add-segment" && back.undone.at(-1)?.kind === "prompt";
  return created ? redo(back) : back;
}
