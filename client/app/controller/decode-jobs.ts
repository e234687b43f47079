/** What the prompt log asks to be decoded, and the names of it. */
import { objectsOf, type SliceRef, type Step, sliceKeyOf, slicesOf, stepsOf } from "../../../core/annotation/log.ts";
import { maskKey } from "../state/places.ts";
import type { State } from "../state/state.ts";

/** One label on one slice. */
export interface Job {
  readonly key: string;
  readonly labelId: string;
  readonly at: SliceRef;
  readonly steps: readonly Step[];
  /** Names the prompts and the chosen candidate: when it changes, the mask is another. */
  readonly chain: string;
}

/** Every mask the log asks for. The window of the last prompt holds for the whole chain. */
export function jobsOf({ log, study }: State): Job[] {
  if (!study) return [];
  return objectsOf(log)
    .flatMap(({ objectId }) =>
      slicesOf(log, objectId)
        .filter(({ imageId }) => imageId === study.info.imageId)
        .map((slice) => {
          const steps = stepsOf(log, objectId, sliceKeyOf(slice));
          const at = steps.at(-1)?.action.at ?? slice;
          return { key: maskKey(objectId, slice), labelId: objectId, at, steps, chain: viewOf(steps) };
        }),
    )
    .filter(({ steps }) => steps.length > 0);
}

/** Names what is shown: a chain and its chosen candidate. */
const viewOf = (steps: readonly Step[]) => `${chainOf(steps)}#${steps.at(-1)?.candidate ?? 0}`;

/** Names a chain: place, window, prompts, and the candidates that earlier steps were refined from. */
export function chainOf(steps: readonly Step[]): string {
  const last = steps.at(-1);
  if (!last) return "";
  const { imageId, plane, slice, window } = last.action.at;
  return JSON.stringify([
    imageId,
    plane,
    slice,
    window,
    steps.map(({ action, candidate }, index) => [
      action.prompts,
      action.multimask ?? false,
      index === steps.length - 1 ? 0 : candidate,
    ]),
  ]);
}
