/** Drawings: box, scribble and lasso, by dragging or corner by corner. */
import { resamplePolyline } from "../../../core/mask/polygon.ts";
import type { PointLabel, Prompt } from "../../../core/wire/index.ts";
import type { Prompts } from "../annotate/prompts.ts";
import type { Gesture, Point } from "../state/drawing.ts";
import type { Store } from "../state/store.ts";

/** Far more than a hand can draw with meaning, far below the wire's limit. */
const MAX_POINTS = 1024;

/** Begins a drawing at a point of the slice. */
export function startGesture(store: Store, kind: Gesture["kind"], label: PointLabel, at: Point): void {
  store.set({ gesture: { kind, label, clicked: false, points: [at, at] }, preview: undefined });
}

/** The pointer moved: a box and a corner-by-corner drawing move their last point, a dragged line grows. */
export function extendGesture(store: Store, at: Point): void {
  const { gesture } = store.state;
  if (!gesture) return;
  const follows = gesture.kind === "box" || gesture.clicked;
  const points = follows ? [...gesture.points.slice(0, -1), at] : [...gesture.points, at];
  store.set({ gesture: { ...gesture, points } });
}

/** Fixes the last point of a corner-by-corner drawing and begins the next segment. */
export function addCorner(store: Store, at: Point): void {
  const { gesture } = store.state;
  if (gesture) store.set({ gesture: { ...gesture, clicked: true, points: [...gesture.points.slice(0, -1), at, at] } });
}

/** Turns the drawing into a prompt; one without extent is dropped. */
export function finishGesture(store: Store, prompts: Prompts): void {
  const { gesture } = store.state;
  if (!gesture) return;
  store.set({ gesture: undefined });
  const prompt = promptOf(gesture);
  if (prompt) prompts.add(prompt);
}

function promptOf({ kind, label, points, clicked }: Gesture): Prompt | undefined {
  if (kind === "box") return boxOf(points[0], points[points.length - 1]);
  const drawn = clicked ? points.slice(0, -1) : points;
  const line = resamplePolyline(
    drawn.map(({ x, y }) => [x, y] as const),
    Math.min(MAX_POINTS, drawn.length),
  );
  const vertices = line.map(([x, y]): [number, number] => [x, y]);
  if (kind === "scribble") return vertices.length < 2 ? undefined : { kind, label, points: vertices };
  return vertices.length < 3 ? undefined : { kind, label, points: vertices };
}

function boxOf(a: Point, b: Point): Prompt | undefined {
  const box = { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x), y1: Math.max(a.y, b.y) };
  return box.x1 - box.x0 < 1 && box.y1 - box.y0 < 1 ? undefined : { kind: "box", ...box };
}
