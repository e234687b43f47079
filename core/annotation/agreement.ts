/** Does a mask already do what the newest prompt asks for? */
import { logitAt } from "../model/logits.ts";
import type { Transform } from "../wire/embedding.ts";
import type { Prompt } from "../wire/prompt.ts";

/**
 * True when the last prompt is a click or a stroke and every place of it lies in the mask already, or for one that
 * excludes, outside of it. `logits` are `[L, L]` in the frame of `transform`, inside where they are over `threshold`.
 */
export function agreesWith(
  prompts: readonly Prompt[],
  logits: Float32Array,
  { transform, threshold }: { transform: Transform; threshold: number },
): boolean {
  const newest = prompts.at(-1);
  if (logits.length === 0 || (newest?.kind !== "point" && newest?.kind !== "scribble")) return false;
  const places = newest.kind === "point" ? [[newest.x, newest.y] as const] : newest.points;
  const wanted = newest.label === "foreground";
  return places.every((place) => logitAt(place, logits, transform) > threshold === wanted);
}
