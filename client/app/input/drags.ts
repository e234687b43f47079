/** What a pressed pointer does until it is released. Positions are in CSS pixels of the canvas. */

import type { Window } from "../../../core/image/volume.ts";
import type { PointLabel } from "../../../core/wire/index.ts";
import { t } from "../i18n/index.ts";
import { clampInside, isInside, toSlice, type Viewport } from "../render/viewport.ts";
import type { Gesture, Point } from "../state/drawing.ts";
import type { Controls } from "./controls.ts";
import { addCorner, extendGesture, finishGesture, startGesture } from "./gestures.ts";

export interface Drag {
  /** Wants the places between two frames as well. */
  readonly everyMove?: true;
  move(at: Point, event?: PointerEvent): void;
  end(at: Point): void;
  cancel(): void;
}

/** What drags need to know of the canvas. */
export interface Surface {
  readonly app: Controls;
  viewport(): Viewport | undefined;
  /** A place on the canvas, from the centre of what the image is fitted to. */
  fromCentre(at: Point): Point;
}

/** Movement below this is a click. */
export const CLICK_SLOP = 5;
/** Closer than this to the first corner closes a lasso. */
const CLOSE_DISTANCE = 10;

const nothing = () => {};
const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

/** The slice position under a canvas position; `undefined` while no slice is shown: what is not seen cannot be meant. */
export function slicePoint({ app, viewport }: Surface, at: Point): { point: Point; inside: boolean } | undefined {
  const { image } = app.store.state;
  const current = viewport();
  if (!image?.pixels || !current) return undefined;
  const point = toSlice(current, at);
  return { point: clampInside(point, image.plane), inside: isInside(point, image.plane) };
}

/** Moves the image. */
export function panDrag({ app }: Surface, start: Point): Drag {
  let last = start;
  return {
    move(at) {
      app.view.pan(at.x - last.x, at.y - last.y);
      last = at;
    },
    end: nothing,
    cancel: nothing,
  };
}

/** Up is closer. */
export function zoomDrag({ app, fromCentre }: Surface, start: Point): Drag {
  let last = start;
  const centre = fromCentre(start);
  return {
    move(at) {
      app.view.zoom(Math.exp((last.y - at.y) * 0.008), centre);
      last = at;
    },
    end: nothing,
    cancel: nothing,
  };
}

/** Sideways changes the width, up and down the centre, in proportion to the window. */
export function windowDrag({ app }: Surface, start: Point): Drag {
  const { image } = app.store.state;
  const first = image?.window;
  const changed = image?.info.dtype.startsWith("float") ? finelyChanged : roundlyChanged;
  return {
    move(at) {
      if (!first) return;
      const window = changed(first, Math.exp((at.x - start.x) / 300), (at.y - start.y) / 400);
      app.images.setWindow({ name: t.windowManual, ...window });
    },
    end: nothing,
    cancel: () => {
      if (first) app.images.setWindow(first);
    },
  };
}

const roundlyChanged = ({ center, width }: Window, wider: number, up: number): Window => ({
  width: Math.round(Math.max(1, width * wider)),
  center: Math.round(center + up * width),
});

/**
 * Where values have fractions: LINEAR is one wider than the range from black to white, and its centre half a value higher
 * (PS3.3 C.11.2.1.2.1), so it is the range that is changed.
 */
function finelyChanged({ center, width }: Window, wider: number, up: number): Window {
  const range = Math.max(1e-4, width - 1);
  const step = 10 ** Math.floor(Math.log10(range) - 2);
  const rounded = (value: number) => Math.round(value / step) * step;
  return { width: rounded(range * wider) + 1, center: rounded(center - 0.5 + up * range) + 0.5 };
}

/** A click gives a point; a drag moves the image. */
export function pointPress(surface: Surface, start: Point, label: PointLabel): Drag {
  let pan: Drag | undefined;
  return {
    move(at) {
      if (!pan && distance(at, start) > CLICK_SLOP) pan = panDrag(surface, start);
      pan?.move(at);
    },
    end() {
      if (!pan) addPoint(surface, start, label);
    },
    cancel: nothing,
  };
}

/** A point prompt at the nearest pixel; outside the slice there is nothing to point at. */
export function addPoint(surface: Surface, at: Point, label: PointLabel): void {
  const target = slicePoint(surface, at);
  if (!target?.inside) return;
  const { x, y } = target.point;
  surface.app.prompts.add({ kind: "point", x: Math.round(x), y: Math.round(y), label });
}

/** Draws a box, scribble or lasso; a click instead of a drag begins or continues it corner by corner. */
export function drawDrag(surface: Surface, start: Point, drawing: Pick<Gesture, "kind" | "label">): Drag {
  const { store, prompts } = surface.app;
  const first = slicePoint(surface, start);
  const under = store.state.gesture;
  const resumed = under?.clicked ? under : undefined;
  if (!resumed && first?.inside) startGesture(store, drawing.kind, drawing.label, first.point);
  let moved = false;
  let last = start;
  return {
    move(at) {
      if (distance(at, start) > CLICK_SLOP) moved = true;
      const target = slicePoint(surface, at);
      if (!target || (drawing.kind !== "box" && distance(at, last) < 2)) return;
      last = at;
      extendGesture(store, target.point);
    },
    end(at) {
      const target = slicePoint(surface, at);
      if (!target) return;
      if (moved && !resumed) return finishGesture(store, prompts);
      if (resumed && (drawing.kind === "box" || closes(surface, resumed, at))) {
        if (drawing.kind === "box") extendGesture(store, target.point);
        return finishGesture(store, prompts);
      }
      addCorner(store, target.point);
    },
    cancel: () => store.set({ gesture: undefined }),
  };
}

function closes(surface: Surface, gesture: Gesture, at: Point): boolean {
  const viewport = surface.viewport();
  if (gesture.kind !== "lasso" || gesture.points.length < 4 || !viewport) return false;
  const [{ x, y }] = gesture.points;
  const first = { x: viewport.left + (x + 0.5) * viewport.scaleX, y: viewport.top + (y + 0.5) * viewport.scaleY };
  return distance(first, at) < CLOSE_DISTANCE;
}

/** One finger up or down turns slices; a still finger is a tap or, held, a long press. */
export function touchPress(surface: Surface, start: Point): Drag {
  const { app } = surface;
  let state: "pressed" | "scrolling" | "done" = "pressed";
  let anchor = start.y;
  const timer = setTimeout(() => {
    if (state !== "pressed") return;
    state = "done";
    navigator.vibrate?.(15);
    addPoint(surface, start, "background");
  }, LONG_PRESS_MS);
  return {
    move(at) {
      if (state === "pressed" && distance(at, start) > TOUCH_SLOP) state = "scrolling";
      if (state !== "scrolling") return;
      clearTimeout(timer);
      const steps = Math.trunc((at.y - anchor) / PIXELS_PER_SLICE);
      if (steps === 0) return;
      anchor += steps * PIXELS_PER_SLICE;
      app.images.step(steps);
    },
    end() {
      clearTimeout(timer);
      if (state === "pressed") addPoint(surface, start, app.store.state.sign);
    },
    cancel: () => clearTimeout(timer),
  };
}

const LONG_PRESS_MS = 500;
const TOUCH_SLOP = 10;
const PIXELS_PER_SLICE = 14;
