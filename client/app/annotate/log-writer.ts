/** The one place that writes the prompt log into the state. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { segmentOf } from "../../../core/annotation/entries.ts";
import { append, canRedo, canUndo, type PromptLog } from "../../../core/annotation/log.ts";
import { type SliceRef, sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { placeOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import { isWritable, type State } from "../state/state.ts";
import { placesOf, redoStep, undoStep, what } from "./steps.ts";

export interface LogWriter {
  /** Appends actions, as steps of their own, and sets fields that go with them. False when this tab may not write. */
  act(actions: readonly LogAction[], fields?: FieldsOf): boolean;
  /** As `act`, and undo takes all of them back at once. */
  actAsOne(actions: readonly LogAction[], fields?: FieldsOf): boolean;
  /** False when this tab may not write, which is said. */
  mayWrite(): boolean;
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

/** Fields of the state that go with a change, or what makes them from the new log. */
type FieldsOf = Partial<State> | ((log: PromptLog) => Partial<State>);

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
  /** What a hand draws on is seen: nobody works on a mask that is hidden. */
  const reveal = (segmentIds: readonly (string | undefined)[]) => {
    const { hidden } = store.state;
    const still = [...hidden].filter((id) => !segmentIds.includes(id));
    if (still.length < hidden.size) store.set({ hidden: new Set(still) });
  };
  const act: LogWriter["act"] = (actions, fields) => {
    if (!mayWrite()) return false;
    reveal(actions.filter(isByHand).map(segmentOf));
    const log = actions.reduce<PromptLog>(append, store.state.log);
    set(log, typeof fields === "function" ? fields(log) : fields);
    return true;
  };
  /** Shows the slice and the segment of an action, so that nothing changes where nobody looks. */
  const show = (action: LogAction | undefined): boolean => {
    const { image } = store.state;
    reveal([segmentOf(action)]);
    if (!image) return false;
    const here = sliceKeyOf(placeOf(image));
    const places = placesOf(action).filter(({ imageId }) => imageId === image.info.imageId);
    if (places.length === 0 || places.some((place) => sliceKeyOf(place) === here)) return false;
    goTo(places[0]);
    return true;
  };
  const step = (to: PromptLog, action: LogAction | undefined, said: (what: string) => string) => {
    const name = segmentList(store.state).find(({ id }) => id === segmentOf(action))?.name;
    const moved = show(action);
    set(to);
    followLog();
    const text = said(what(action, to, name));
    notifier.say(text);
    if (moved) notifier.info(text);
  };
  return {
    act,
    actAsOne: (actions, fields) => act(grouped(actions), fields),
    mayWrite,
    actWithUndo(actions, text) {
      const together = grouped(actions);
      const last = together.at(-1);
      if (!act(together) || !last) return;
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

/** Prompts and corrections; not what a file or a job brings. */
const isByHand = (action: LogAction): boolean =>
  action.kind === "prompt" || action.kind === "choose" || (action.kind === "masks" && action.origin === "edited");

/** One action needs no group. */
const grouped = (actions: readonly LogAction[]): readonly LogAction[] => {
  const group = crypto.randomUUID().slice(0, 8);
  return actions.length < 2 ? actions : actions.map((action) => ({ ...action, group }));
};
