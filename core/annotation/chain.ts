/** From the log to the prompts of one mask: each step of a segment on a slice refines the one before. */
import { type SliceRef, sliceKeyOf } from "../image/slice-ref.ts";
import type { Prompt } from "../wire/prompt.ts";
import {
  type EncodedRef,
  type KeptMask,
  type LogAction,
  type MaskOrigin,
  type PromptAction,
  segmentOf,
} from "./entries.ts";
import { type PromptLog, segmentsOf } from "./log.ts";

/** A gesture and the candidate mask chosen after it; 0, the best one, when nobody chose. */
export interface Step {
  readonly action: PromptAction;
  readonly candidate: number;
}

/** The mask that a chain starts from: drawn, imported or the result of a job. */
export interface Base extends KeptMask {
  readonly origin: Exclude<MaskOrigin, "prompted">;
}

/** All that makes the mask of one segment on one slice. Either a base, or steps, or steps that refine a base. */
export interface Chain {
  readonly segmentId: string;
  /** The slice, under the window of the last step: it holds for the whole chain. */
  readonly at: EncodedRef;
  readonly base: Base | undefined;
  readonly steps: readonly Step[];
  /** Names the mask: when it changes, the mask is another. */
  readonly key: string;
}

/** What happened to one segment on one slice since its mask was last cleared or set. */
interface Story {
  readonly at: SliceRef;
  base: Base | undefined;
  steps: Step[];
}

type Stories = ReadonlyMap<string, ReadonlyMap<string, Story>>;

/** A log never changes, so it is read once. */
const told = new WeakMap<PromptLog, Stories>();

function storiesOf(log: PromptLog): Stories {
  const known = told.get(log) ?? readStories(log);
  told.set(log, known);
  return known;
}

function readStories({ done }: PromptLog): Stories {
  const segments = new Map<string, Map<string, Story>>();
  for (const action of done) {
    const id = segmentOf(action);
    if (id === undefined) continue;
    const stories = segments.get(id) ?? new Map<string, Story>();
    segments.set(id, stories);
    if (action.kind === "remove-segment") stories.clear();
    else tell(stories, action);
  }
  return segments;
}

function tell(stories: Map<string, Story>, action: LogAction): void {
  if (action.kind === "masks") {
    for (const kept of action.masks) {
      const base = { ...kept, origin: action.origin };
      stories.set(sliceKeyOf(kept.at), { at: kept.at, base, steps: [] });
    }
    return;
  }
  if (!("at" in action)) return;
  const key = sliceKeyOf(action.at);
  const story = stories.get(key) ?? { at: action.at, base: undefined, steps: [] };
  const last = story.steps.at(-1);
  if (action.kind === "clear") stories.delete(key);
  else if (action.kind === "prompt") stories.set(key, { ...story, steps: [...story.steps, { action, candidate: 0 }] });
  else if (action.kind === "choose" && last)
    story.steps = [...story.steps.slice(0, -1), { action: last.action, candidate: action.candidate }];
}

/** The steps of one segment on one slice since its mask was last cleared, set or removed. */
export const stepsOf = (log: PromptLog, segmentId: string, at: SliceRef): readonly Step[] =>
  storiesOf(log).get(segmentId)?.get(sliceKeyOf(at))?.steps ?? [];

/** All prompts in force for one segment on one slice, oldest first. */
export const promptsOf = (log: PromptLog, segmentId: string, at: SliceRef): readonly Prompt[] =>
  stepsOf(log, segmentId, at).flatMap(({ action }) => action.prompts);

/** Slices on which a segment has a mask or prompts, in the order of the first of them. */
export const slicesOf = (log: PromptLog, segmentId: string): readonly SliceRef[] =>
  [...(storiesOf(log).get(segmentId)?.values() ?? [])].map(({ at }) => at);

/** Every mask that the log asks for of one image, in the order of the segment list. */
export function chainsOf(log: PromptLog, imageId: string): readonly Chain[] {
  const segments = storiesOf(log);
  return segmentsOf(log).flatMap(({ segmentId }) =>
    [...(segments.get(segmentId)?.values() ?? [])]
      .filter(({ at, base, steps }) => at.imageId === imageId && (base !== undefined || steps.length > 0))
      .map((story) => chainFrom(segmentId, story)),
  );
}

function chainFrom(segmentId: string, { at, base, steps }: Story): Chain {
  const { imageId, plane, slice } = at;
  const encoded = steps.at(-1)?.action.at ?? { imageId, plane, slice, window: null };
  const candidate = steps.at(-1)?.candidate ?? 0;
  return { segmentId, at: encoded, base, steps, key: `${chainKey({ at: encoded, base, steps })}#${candidate}` };
}

/** Nothing but names was given. */
export const isByName = (prompts: readonly Prompt[]): boolean => prompts.every(({ kind }) => kind === "text");

/** Was the mask of a chain made from names alone, whatever it starts from? */
export const isNamed = ({ base, steps }: Pick<Chain, "base" | "steps">): boolean =>
  (base ? base.byName === true : steps.length > 0) && steps.every(({ action }) => isByName(action.prompts));

/** Names what is decoded: place, window, base, prompts, and the candidates that earlier steps were refined from. */
export function chainKey({ at, base, steps }: Pick<Chain, "at" | "base" | "steps">): string {
  const { imageId, plane, slice, window } = at;
  const said = steps.map(({ action, candidate }, index) => [
    action.prompts,
    action.multimask ?? false,
    index === steps.length - 1 ? 0 : candidate,
  ]);
  return JSON.stringify([imageId, plane, slice, window && [window.center, window.width], base?.mask ?? null, said]);
}
