/** Windows that a slice is encoded under. */
import type { NamedWindow, Window } from "../../core/image/volume.ts";

/**
 * The image's own window that is nearest to the one a viewer shows: by the distance of the centres in widths, and by the
 * ratio of the widths. Dragging a window therefore encodes nothing anew, and half-pixel centres make no second key.
 * The image's first when the viewer says none; `undefined` for an image without windows (colour).
 */
export function snapWindow(bank: readonly NamedWindow[], shown: Window | undefined): Window | undefined {
  const [first] = bank;
  if (!first) return undefined;
  let best = first;
  if (shown && shown.width > 0)
    for (const window of bank) if (distance(window, shown) < distance(best, shown)) best = window;
  return { center: best.center, width: best.width };
}

const distance = (a: Window, b: Window): number =>
  (2 * Math.abs(a.center - b.center)) / (a.width + b.width) + Math.abs(Math.log2(a.width / b.width));
