/** The one place that writes the prompt log into the state. */
import { append, canRedo, canUndo, type LogAction, type PromptLog, redo, undo } from "../../../core/annotation/log.ts";
import { t } from "../i18n.ts";
import { labelsOf } from "../state/labels.ts";
import type { State } from "../state/state.ts";
import type { Context } from "./context.ts";

export interface LogWriter {
  /** Appends actions, as steps of their own, and sets fields that go with them. */
  act(actions: readonly LogAction[], fields?: Partial<State>): void;
  undo(): void;
  redo(): void;
  /** Makes the label that was touched last the active one, or any that exists. */
  followLog(): void;
}

/** `onChange` runs after each change of the log. */
export function createLogWriter({ store, notifier }: Context, onChange: () => void): LogWriter {
  const set = (log: PromptLog, fields: Partial<State> = {}) => {
    store.set({ log, preview: undefined, ...fields });
    onChange();
  };
  const followLog = () => {
    const labels = labelsOf(store.state);
    const last = store.state.log.done.at(-1);
    const { activeLabel } = store.state;
    const touched = labels.find(({ id }) => id === last?.objectId) ?? labels.find(({ id }) => id === activeLabel);
    store.set({ activeLabel: (touched ?? labels.at(-1))?.id });
  };
  return {
    act: (actions, fields) => set(actions.reduce<PromptLog>(append, store.state.log), fields),
    undo() {
      if (!canUndo(store.state.log)) return;
      set(undoStep(store.state.log));
      followLog();
      notifier.say(t.said.undone);
    },
    redo() {
      if (!canRedo(store.state.log)) return;
      set(redoStep(store.state.log));
      followLog();
      notifier.say(t.said.redone);
    },
    followLog,
  };
}

/** Undo of a label's first prompt takes the label with it. */
function undoStep(log: PromptLog): PromptLog {
  const back = undo(log);
  const last = back.done.at(-1);
  const taken = back.undone.at(-1);
  const created = last?.kind === "add-object" && taken?.kind === "prompt" && taken.objectId === last.objectId;
  return created ? undo(back) : back;
}

/** A label that its first prompt created comes back with that prompt. */
function redoStep(log: PromptLog): PromptLog {
  const back = redo(log);
  const created = back.done.at(-1)?.kind === "add-object" && back.undone.at(-1)?.kind === "prompt";
  return created ? redo(back) : back;
}
