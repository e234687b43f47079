/** Mouse, pen and fingers on the canvas. Decides which drag a press begins. */
import type { PointLabel } from "../../../core/wire/index.ts";
import type { Point } from "../state/drawing.ts";
import { isMeasuring } from "../state/measurements.ts";
import { brushDrag, keepPress, trackBrush } from "./brush.ts";
import { leaveCursor } from "./cursor.ts";
import {
  type Drag,
  drawDrag,
  panDrag,
  pointPress,
  type Surface,
  slicePoint,
  touchPress,
  windowDrag,
  zoomDrag,
} from "./drags.ts";
import { extendGesture, finishGesture } from "./gestures.ts";
import type { Held } from "./keyboard.ts";
import { extendMeasuring, measureDrag } from "./measuring.ts";
import { listenToWheel } from "./wheel.ts";

/** Listens on the canvas. */
export function listenToPointer(canvas: HTMLElement, surface: Surface, held: Held): void {
  const { app } = surface;
  const fingers = new Map<number, Point>();
  let drag: { readonly id: number; readonly run: Drag } | undefined;

  const at = (event: MouseEvent): Point => {
    const bounds = canvas.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };

  const stop = () => {
    drag?.run.cancel();
    drag = undefined;
  };

  canvas.addEventListener("pointerdown", (event) => {
    const point = at(event);
    canvas.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") fingers.set(event.pointerId, point);
    if (app.store.state.cursor) leaveCursor(app.store);
    app.preview.end();
    if (fingers.size > 1) return stop();
    if (!drag) drag = { id: event.pointerId, run: beginDrag(surface, held, event, point) };
  });

  canvas.addEventListener("pointermove", (event) => {
    const point = at(event);
    if (fingers.size > 1) return pinch(surface, fingers, event.pointerId, point);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, point);
    if (drag?.id === event.pointerId) follow(drag.run, event, at);
    else hover(surface, point);
    track(surface, point);
    trackBrush(surface, point);
  });

  canvas.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId);
    if (drag?.id !== event.pointerId) return;
    drag.run.end(at(event));
    drag = undefined;
  });

  canvas.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    if (drag?.id === event.pointerId) stop();
  });

  canvas.addEventListener("pointerleave", () => {
    app.preview.end();
    app.store.set({ pointer: undefined, brushAt: undefined });
  });
  canvas.addEventListener("dblclick", () => finishGesture(app.store, app.prompts));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  listenToWheel(canvas, surface, at);
}

function beginDrag(surface: Surface, held: Held, event: PointerEvent, start: Point): Drag {
  const { tool, sign } = surface.app.store.state;
  const right = event.button === 2;
  const label: PointLabel = right || event.altKey ? "background" : sign;
  if (event.button === 1 || held.pan) return panDrag(surface, start);
  if (held.window || (event.ctrlKey && !right)) return windowDrag(surface, start);
  if (event.shiftKey) return drawDrag(surface, start, { kind: "box", label });
  switch (tool) {
    case "pan":
      return right ? zoomDrag(surface, start) : panDrag(surface, start);
    case "window":
      return right ? zoomDrag(surface, start) : windowDrag(surface, start);
    case "brush":
    case "eraser":
      return brushDrag(surface, start, { erase: (tool === "eraser") !== (right || event.altKey), event });
    case "keep":
      return keepPress(surface);
    case "box":
    case "scribble":
    case "lasso":
      return drawDrag(surface, start, { kind: tool, label });
    case "length":
    case "angle":
    case "probe":
      return measureDrag(surface, start, tool, event.pointerType === "touch");
    case "point":
      return pressByPointer(surface, event, start, label);
    default:
      return tool satisfies never;
  }
}

/** A drag that needs every place on the way gets those between two frames too. */
function follow(run: Drag, event: PointerEvent, at: (event: MouseEvent) => Point) {
  const between = run.everyMove ? event.getCoalescedEvents() : [];
  for (const place of between.length > 0 ? between : [event]) run.move(at(place), place);
}

/** A pen draws, a finger taps or scrolls, a mouse clicks or pans. */
function pressByPointer(surface: Surface, event: PointerEvent, start: Point, label: PointLabel): Drag {
  if (event.pointerType === "touch") return touchPress(surface, start);
  if (event.pointerType !== "pen") return pointPress(surface, start, label);
  let drawing: Drag | undefined;
  const press = pointPress(surface, start, label);
  return {
    move(at) {
      if (!drawing && Math.hypot(at.x - start.x, at.y - start.y) > 6)
        drawing = drawDrag(surface, start, { kind: "scribble", label });
      drawing?.move(at);
    },
    end: (at) => (drawing ?? press).end(at),
    cancel: () => drawing?.cancel(),
  };
}

/** Two fingers move and scale the image together. */
function pinch({ app, fromCentre }: Surface, fingers: Map<number, Point>, id: number, point: Point) {
  const before = [...fingers.values()];
  fingers.set(id, point);
  const after = [...fingers.values()];
  const [from, to] = [middle(before), middle(after)];
  app.view.pan(to.x - from.x, to.y - from.y);
  const factor = span(after) / Math.max(1, span(before));
  app.view.zoom(factor, fromCentre(to));
}

const middle = ([a, b]: Point[]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const span = ([a, b]: Point[]): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Nothing is pressed: corner-by-corner drawings follow, and a preview may show. */
function hover(surface: Surface, at: Point) {
  const { app } = surface;
  const target = slicePoint(surface, at);
  if (!target) return;
  if (app.store.state.gesture?.clicked) return extendGesture(app.store, target.point);
  if (app.store.state.measuring?.clicked) return extendMeasuring(app.store, target.point);
  if (!target.inside || isMeasuring(app.store.state.tool)) return app.preview.end();
  app.preview.at({ x: Math.round(target.point.x), y: Math.round(target.point.y) });
}

function track(surface: Surface, at: Point) {
  const target = slicePoint(surface, at);
  const pointer = target?.inside ? { x: Math.round(target.point.x), y: Math.round(target.point.y) } : undefined;
  const known = surface.app.store.state.pointer;
  if (known?.x !== pointer?.x || known?.y !== pointer?.y) surface.app.store.set({ pointer });
}
