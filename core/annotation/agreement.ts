/** Does a mask already do what the newest prompt asks for? */
import { logitsSide } from "../model/logits.ts";
import { toModel } from "../prompt/space.ts";
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

/** Bilinear, half-pixel centres, clamped at the border: as `logitsToMask` reads the same logits. */
function logitAt(place: readonly [number, number], logits: Float32Array, transform: Transform): number {
  const side = logitsSide(logits);
  const pitch = transform.inputSize / side;
  const [x, y] = toModel(place, transform).map((at) => clamp((at + 0.5) / pitch - 0.5, side - 1));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(left + 1, side - 1), Math.min(top + 1, side - 1)];
  const across = (row: number) => {
    const from = logits[row * side + left] ?? 0;
    return from + ((logits[row * side + right] ?? 0) - from) * (x - left);
  };
  const upper = across(top);
  return upper + (across(bottom) - upper) * (y - top);
}

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
