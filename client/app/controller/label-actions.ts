/** What a user does to the label list. */
import type { PromptLog } from "../../../core/annotation/log.ts";
import { t } from "../i18n.ts";
import { activeLabelOf, colourOf, labelNumber, labelsOf, nextLabelId } from "../state/labels.ts";
import type { Context } from "./context.ts";
import type { LogWriter } from "./log-writer.ts";

export interface LabelActions {
  /** A new label, active at once; its id, or `undefined` when all numbers are taken. */
  newLabel(name?: string): string | undefined;
  /** The active label keeps its masks; the next prompt starts a new label. */
  accept(): void;
  rename(labelId: string, name: string): void;
  remove(labelId: string): void;
  /** Prompts go to this label from now on, accepted or not. */
  select(labelId: string): void;
  toggleVisible(labelId: string): void;
}

export function createLabelActions({ store, notifier }: Context, writer: LogWriter): LabelActions {
  const find = (labelId: string) => labelsOf(store.state).find(({ id }) => id === labelId);
  return {
    newLabel(name) {
      const id = nextLabelId(store.state.log);
      if (!id) return undefined;
      const number = labelNumber(id);
      const label = { name: name ?? t.labelName(number), color: colourOf(number) };
      const { hidden, accepted } = store.state;
      const fields = { activeLabel: id, hidden: without(hidden, id), accepted: without(accepted, id) };
      writer.act([{ kind: "add-object", objectId: id, ...label }], fields);
      return id;
    },
    accept() {
      const active = activeLabelOf(store.state);
      if (!active || active.accepted || !hasPrompts(store.state.log, active.id)) return;
      store.set({ accepted: new Set(store.state.accepted).add(active.id), preview: undefined });
      notifier.say(t.said.accepted(active.name));
    },
    rename(labelId, name) {
      const label = find(labelId);
      const trimmed = name.trim();
      if (!label || !trimmed || trimmed === label.name) return;
      writer.act([{ kind: "rename-object", objectId: labelId, name: trimmed, color: label.colour }]);
    },
    remove(labelId) {
      const label = find(labelId);
      if (!label) return;
      writer.act([{ kind: "remove-object", objectId: labelId }]);
      writer.followLog();
      notifier.info(t.labelDeleted(label.name), [{ label: t.undo, run: writer.undo }]);
    },
    select: (labelId) =>
      store.set({ activeLabel: labelId, accepted: without(store.state.accepted, labelId), preview: undefined }),
    toggleVisible(labelId) {
      const { hidden } = store.state;
      store.set({ hidden: hidden.has(labelId) ? without(hidden, labelId) : new Set(hidden).add(labelId) });
    },
  };
}

const without = (set: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  new Set([...set].filter((other) => other !== id));

/** Has the label ever been prompted, on any slice? */
export const hasPrompts = (log: PromptLog, objectId: string): boolean =>
  log.done.some((action) => action.kind === "prompt" && action.objectId === objectId);
