/** The label list: the objects of the prompt log with number, colour and look. */
import { objectsOf, type PromptLog } from "../../../core/annotation/log.ts";
import type { Label, State } from "./state.ts";

/** Okabe & Ito 2008, without black, ordered so that neighbours differ most on dark grey. */
const PALETTE = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2"] as const;

/** Labelmaps are 8-bit. */
export const MAX_LABELS = 255;

/** The colour of a label's number: the palette, then golden-angle hues that read on black. */
export function colourOf(number: number): string {
  const known = PALETTE[number - 1];
  if (known) return known;
  const hue = (number * 137.508) % 360;
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = 0.62 - 0.3 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

const PREFIX = "label-";

/** The number that an object's id carries. */
const numberOf = (objectId: string): number => Number(objectId.slice(PREFIX.length));

/** The id of the next label: the smallest number that no object has; `undefined` when all are taken. */
export function nextLabelId(log: PromptLog): string | undefined {
  const taken = new Set(objectsOf(log).map(({ objectId }) => numberOf(objectId)));
  for (let number = 1; number <= MAX_LABELS; number++) if (!taken.has(number)) return `${PREFIX}${number}`;
  return undefined;
}

export const labelNumber = numberOf;

const lists = new WeakMap<
  PromptLog,
  { hidden: State["hidden"]; accepted: State["accepted"]; labels: readonly Label[] }
>();

/** Labels in the order in which they were added; the same array as long as nothing of it changes. */
export function labelsOf({ log, hidden, accepted }: Pick<State, "log" | "hidden" | "accepted">): readonly Label[] {
  const known = lists.get(log);
  if (known && known.hidden === hidden && known.accepted === accepted) return known.labels;
  const labels = objectsOf(log).map(({ objectId, name, color }) => ({
    id: objectId,
    number: numberOf(objectId),
    name,
    colour: color,
    visible: !hidden.has(objectId),
    accepted: accepted.has(objectId),
  }));
  lists.set(log, { hidden, accepted, labels });
  return labels;
}

/** The label that prompts go to. */
export const activeLabelOf = (state: State): Label | undefined =>
  labelsOf(state).find((label) => label.id === state.activeLabel);
