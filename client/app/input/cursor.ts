/** The keyboard's crosshair on the slice. */
import type { PointLabel } from "../../../core/wire/index.ts";
import type { Prompts } from "../annotate/prompts.ts";
import { clampInside } from "../render/viewport.ts";
import type { Store } from "../state/store.ts";
import { finishGesture } from "./gestures.ts";

/** Shows the crosshair where the pointer was last, else in the middle. */
export function enterCursor(store: Store): void {
  const { image, cursor, pointer } = store.state;
  if (!image || cursor) return;
  const middle = { x: (image.plane.width - 1) / 2, y: (image.plane.height - 1) / 2 };
  const { x, y } = clampInside(pointer ?? middle, image.plane);
  store.set({ cursor: { x: Math.round(x), y: Math.round(y) }, preview: undefined });
}

/** Hides it, and forgets a box begun with it. */
export function leaveCursor(store: Store): void {
  store.set({ cursor: undefined, gesture: undefined, measuring: undefined });
}

/** Moves by whole pixels, staying on the slice; a box begun with the crosshair follows. */
export function moveCursor(store: Store, dx: number, dy: number): void {
  const { image, cursor, gesture } = store.state;
  if (!image || !cursor) return;
  const moved = clampInside({ x: cursor.x + dx, y: cursor.y + dy }, image.plane);
  store.set({ cursor: moved, ...(gesture ? { gesture: { ...gesture, points: [gesture.points[0], moved] } } : {}) });
}

/** A point prompt at the crosshair. */
export function addCursorPoint(store: Store, prompts: Prompts, label: PointLabel): void {
  const { cursor } = store.state;
  if (cursor) prompts.add({ kind: "point", ...cursor, label });
}

/** First corner, then the box. */
export function addCursorCorner(store: Store, prompts: Prompts): void {
  const { cursor, gesture } = store.state;
  if (!cursor) return;
  if (gesture?.kind === "box") finishGesture(store, prompts);
  else store.set({ gesture: { kind: "box", label: "foreground", clicked: true, points: [cursor, cursor] } });
}
