/** What a user does to the segmentation: each action is a line of the prompt log. */
import {
  append,
  canRedo,
  canUndo,
  type LogAction,
  type PromptLog,
  promptsOf,
  redo,
  sliceKeyOf,
  undo,
} from "../../../core/prompt-log.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import { t } from "../i18n.ts";
import { activeLabelOf, colourOf, labelNumber, labelsOf, nextLabelId } from "../state/labels.ts";
import { activeMask, placeOf, sliceRefOf } from "../state/places.ts";
import type { Context } from "./context.ts";

export interface Prompts {
  /** Gives a prompt to the active label, or to a new one. */
  add(prompt: Prompt): void;
  /** Segments by name: into the label of that name, or a new one. */
  addText(text: string): void;
  undo(): void;
  redo(): void;
  /** Forgets the active label's prompts on this slice. */
  clear(): void;
  choose(candidate: number): void;
  nextCandidate(step: 1 | -1): void;
  newLabel(): void;
  accept(): void;
  rename(labelId: string, name: string): void;
  remove(labelId: string): void;
  select(labelId: string): void;
  toggleVisible(labelId: string): void;
  /** Gives the prompts of the active label on this slice again, under the window encoded now. */
  restate(): void;
}

/** `onChange` runs after each change of the log. */
export function createPrompts({ store, notifier }: Context, onChange: () => void): Prompts {
  const setLog = (log: PromptLog, fields: object = {}) => {
    store.set({ log, preview: undefined, ...fields });
    onChange();
  };
  const act = (action: LogAction) => setLog(append(store.state.log, action));

  const addLabel = (name?: string): string | undefined => {
    const id = nextLabelId(store.state.log);
    if (!id) return undefined;
    const number = labelNumber(id);
    const action = {
      kind: "add-object",
      objectId: id,
      name: name ?? t.labelName(number),
      color: colourOf(number),
    } as const;
    const without = (set: ReadonlySet<string>) => new Set([...set].filter((other) => other !== id));
    const { hidden, accepted } = store.state;
    setLog(append(store.state.log, action), { activeLabel: id, hidden: without(hidden), accepted: without(accepted) });
    return id;
  };

  const promptsHere = (labelId: string): readonly Prompt[] => {
    const { study, log } = store.state;
    return study ? promptsOf(log, labelId, sliceKeyOf(placeOf(study))) : [];
  };

  const give = (objectId: string, prompt: Prompt) => {
    const { study } = store.state;
    if (!study) return;
    // One click is ambiguous: ask for candidates. Later prompts refine one mask.
    const multimask = promptsHere(objectId).length === 0 && (prompt.kind === "point" || prompt.kind === "text");
    act({ kind: "prompt", objectId, at: sliceRefOf(study), prompts: [prompt], multimask });
  };

  /** One object takes one box and one name; another of them means another object. */
  const takes = (labelId: string, { kind }: Prompt) =>
    (kind !== "box" && kind !== "text") || !promptsHere(labelId).some((prompt) => prompt.kind === kind);

  const choose = (candidate: number) => {
    const { study, activeLabel } = store.state;
    const view = activeMask(store.state);
    if (!study || !activeLabel || !view || candidate === view.chosen) return;
    act({ kind: "choose", objectId: activeLabel, at: sliceRefOf(study), candidate });
    notifier.say(t.said.candidate(candidate + 1, view.candidates.length));
  };

  return {
    add(prompt) {
      const active = activeLabelOf(store.state);
      const usable = active && !active.accepted && takes(active.id, prompt);
      const id = usable ? active.id : addLabel();
      if (id) give(id, prompt);
    },
    addText(text) {
      const same = labelsOf(store.state).find(({ name }) => name.toLowerCase() === text.toLowerCase());
      const active = activeLabelOf(store.state);
      const empty = active && !active.accepted && !isUsed(store.state.log, active.id) ? active : undefined;
      const prompt = { kind: "text", text } as const;
      const id = same && takes(same.id, prompt) ? same.id : (empty?.id ?? addLabel(text));
      if (!id) return;
      if (empty?.id === id) act({ kind: "rename-object", objectId: id, name: text, color: empty.colour });
      store.set({ activeLabel: id });
      give(id, prompt);
    },
    undo() {
      if (!canUndo(store.state.log)) return;
      setLog(withCreation(undo(store.state.log)), {});
      followLog();
      notifier.say(t.said.undone);
    },
    redo() {
      if (!canRedo(store.state.log)) return;
      const back = redo(store.state.log);
      // A label that a prompt created comes back with its prompt.
      const created = back.done.at(-1)?.kind === "add-object" && back.undone.at(-1)?.kind === "prompt";
      setLog(created ? redo(back) : back);
      followLog();
      notifier.say(t.said.redone);
    },
    clear() {
      const { study, activeLabel } = store.state;
      if (!study || !activeLabel || promptsHere(activeLabel).length === 0) return;
      act({ kind: "clear", objectId: activeLabel, at: sliceRefOf(study) });
    },
    choose,
    nextCandidate(step) {
      const view = activeMask(store.state);
      if (!view || view.candidates.length < 2) return;
      choose((view.chosen + step + view.candidates.length) % view.candidates.length);
    },
    newLabel: () => void addLabel(),
    accept() {
      const active = activeLabelOf(store.state);
      if (!active || active.accepted || !isUsed(store.state.log, active.id)) return;
      store.set({ accepted: new Set(store.state.accepted).add(active.id), preview: undefined });
      notifier.say(t.said.accepted(active.name));
    },
    rename(labelId, name) {
      const label = labelsOf(store.state).find(({ id }) => id === labelId);
      const trimmed = name.trim();
      if (!label || !trimmed || trimmed === label.name) return;
      act({ kind: "rename-object", objectId: labelId, name: trimmed, color: label.colour });
    },
    remove(labelId) {
      const label = labelsOf(store.state).find(({ id }) => id === labelId);
      if (!label) return;
      act({ kind: "remove-object", objectId: labelId });
      followLog();
      notifier.info(t.labelDeleted(label.name), [{ label: t.undo, run: this.undo }]);
    },
    select(labelId) {
      const accepted = new Set([...store.state.accepted].filter((id) => id !== labelId));
      store.set({ activeLabel: labelId, accepted, preview: undefined });
    },
    toggleVisible(labelId) {
      const hidden = new Set(store.state.hidden);
      if (!hidden.delete(labelId)) hidden.add(labelId);
      store.set({ hidden });
    },
    restate() {
      const { study, activeLabel } = store.state;
      const prompts = activeLabel ? promptsHere(activeLabel) : [];
      if (!study || !activeLabel || prompts.length === 0) return onChange();
      const at = sliceRefOf(study);
      const multimask = prompts.length === 1 && prompts[0].kind === "point";
      const cleared = append(store.state.log, { kind: "clear", objectId: activeLabel, at });
      setLog(append(cleared, { kind: "prompt", objectId: activeLabel, at, prompts, multimask }));
    },
  };

  /** Keeps the active label one that exists. */
  function followLog() {
    const labels = labelsOf(store.state);
    const last = store.state.log.done.at(-1);
    const touched =
      labels.find(({ id }) => id === last?.objectId) ?? labels.find(({ id }) => id === store.state.activeLabel);
    store.set({ activeLabel: (touched ?? labels.at(-1))?.id });
  }
}

/** Undo of a label's first prompt takes the label with it. */
function withCreation(log: PromptLog): PromptLog {
  const last = log.done.at(-1);
  const undone = log.undone.at(-1);
  return last?.kind === "add-object" && undone?.kind === "prompt" && undone.objectId === last.objectId
    ? undo(log)
    : log;
}

const isUsed = (log: PromptLog, objectId: string) =>
  log.done.some((action) => action.kind === "prompt" && action.objectId === objectId);
