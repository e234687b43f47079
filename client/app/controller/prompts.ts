/** What a user does to the segmentation: each action is a line of the prompt log. */
import { promptsOf, sliceKeyOf } from "../../../core/annotation/log.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import { t } from "../i18n.ts";
import { activeLabelOf, labelsOf } from "../state/labels.ts";
import { activeMask, placeOf, sliceRefOf } from "../state/places.ts";
import type { Context } from "./context.ts";
import { createLabelActions, hasPrompts, type LabelActions } from "./label-actions.ts";
import { createLogWriter, type LogWriter } from "./log-writer.ts";

interface PromptActions {
  /** Gives a prompt to the active label, or to a new one. */
  add(prompt: Prompt): void;
  /** Segments by name: into the label of that name, or a new one. */
  addText(text: string): void;
  /** Forgets the active label's prompts on this slice. */
  clear(): void;
  choose(candidate: number): void;
  nextCandidate(step: 1 | -1): void;
  /** Gives the prompts of the active label on this slice again, under the window encoded now. */
  restate(): void;
}

export interface Prompts extends PromptActions, LabelActions, Pick<LogWriter, "undo" | "redo"> {}

/** `onChange` runs after each change of the log. */
export function createPrompts(context: Context, onChange: () => void): Prompts {
  const writer = createLogWriter(context, onChange);
  const labels = createLabelActions(context, writer);
  return { ...createPromptActions(context, writer, labels), ...labels, undo: writer.undo, redo: writer.redo };
}

function createPromptActions({ store, notifier }: Context, writer: LogWriter, labels: LabelActions): PromptActions {
  const promptsHere = (labelId: string): readonly Prompt[] => {
    const { study, log } = store.state;
    return study ? promptsOf(log, labelId, sliceKeyOf(placeOf(study))) : [];
  };

  const give = (objectId: string, prompt: Prompt) => {
    const { study } = store.state;
    if (!study) return;
    const multimask = promptsHere(objectId).length === 0 && isAmbiguous(prompt);
    writer.act([{ kind: "prompt", objectId, at: sliceRefOf(study), prompts: [prompt], multimask }]);
  };

  /** One object takes one box and one name; another of them means another object. */
  const takes = (labelId: string, { kind }: Prompt) =>
    (kind !== "box" && kind !== "text") || !promptsHere(labelId).some((prompt) => prompt.kind === kind);

  /** The label of this name, an empty active one under this name, or a new one. */
  const labelFor = (text: string, prompt: Prompt): string | undefined => {
    const same = labelsOf(store.state).find(({ name }) => name.toLowerCase() === text.toLowerCase());
    if (same && takes(same.id, prompt)) return same.id;
    const active = activeLabelOf(store.state);
    if (!active || active.accepted || hasPrompts(store.state.log, active.id)) return labels.newLabel(text);
    labels.rename(active.id, text);
    return active.id;
  };

  const choose = (candidate: number) => {
    const { study, activeLabel } = store.state;
    const view = activeMask(store.state);
    if (!study || !activeLabel || !view || candidate === view.chosen) return;
    writer.act([{ kind: "choose", objectId: activeLabel, at: sliceRefOf(study), candidate }]);
    notifier.say(t.said.candidate(candidate + 1, view.candidates.length));
  };

  return {
    add(prompt) {
      const active = activeLabelOf(store.state);
      const usable = active && !active.accepted && takes(active.id, prompt);
      const id = usable ? active.id : labels.newLabel();
      if (id) give(id, prompt);
    },
    addText(text) {
      const prompt = { kind: "text", text } as const;
      const id = labelFor(text, prompt);
      if (!id) return;
      store.set({ activeLabel: id });
      give(id, prompt);
    },
    clear() {
      const { study, activeLabel } = store.state;
      if (!study || !activeLabel || promptsHere(activeLabel).length === 0) return;
      writer.act([{ kind: "clear", objectId: activeLabel, at: sliceRefOf(study) }]);
    },
    choose,
    nextCandidate(step) {
      const view = activeMask(store.state);
      if (!view || view.candidates.length < 2) return;
      choose((view.chosen + step + view.candidates.length) % view.candidates.length);
    },
    restate() {
      const { study, activeLabel } = store.state;
      const prompts = activeLabel ? promptsHere(activeLabel) : [];
      if (!study || !activeLabel || prompts.length === 0) return;
      const at = sliceRefOf(study);
      const multimask = prompts.length === 1 && isAmbiguous(prompts[0]);
      writer.act([
        { kind: "clear", objectId: activeLabel, at },
        { kind: "prompt", objectId: activeLabel, at, prompts, multimask },
      ]);
    },
  };
}

/** One click, one stroke or a name may mean a part or the whole: ask for candidates. */
const isAmbiguous = ({ kind }: Prompt): boolean => kind === "point" || kind === "scribble" || kind === "text";
