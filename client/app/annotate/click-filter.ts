/** A double click is one click: its second half says nothing new. */
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf } from "../state/places.ts";

/** The longest pause within a double click that operating systems allow by default. */
const DOUBLE_CLICK_MS = 500;

/** Of the slice's longest side; a hand moves a little between the two presses. */
const NEAR = 0.01;

/** True for a click that repeats the one just before it. */
export function createClickFilter(now = () => performance.now()): (prompt: Prompt, image: OpenImage) => boolean {
  let last:
    | { readonly prompt: Extract<Prompt, { kind: "point" }>; readonly place: string; readonly at: number }
    | undefined;
  return (prompt, image) => {
    const before = last;
    last = undefined;
    if (prompt.kind !== "point") return false;
    const place = sliceKeyOf(placeOf(image));
    const at = now();
    const reach = Math.max(1.5, NEAR * Math.max(image.plane.width, image.plane.height));
    const repeated =
      before !== undefined &&
      at - before.at < DOUBLE_CLICK_MS &&
      before.place === place &&
      before.prompt.label === prompt.label &&
      Math.hypot(before.prompt.x - prompt.x, before.prompt.y - prompt.y) <= reach;
    if (!repeated) last = { prompt, place, at };
    return repeated;
  };
}
