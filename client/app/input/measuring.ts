/** Measuring by dragging, click by click, or with the keyboard's crosshair; the ends of what is there can be moved. */
import type { MeasuringTool } from "../../../core/annotation/entries.ts";
import { measurementsAt, POINTS_OF } from "../../../core/annotation/measurements.ts";
import type { SlicePoint } from "../../../core/image/distance.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Measures } from "../measure/measures.ts";
import { toScreen } from "../render/viewport.ts";
import type { Point } from "../state/drawing.ts";
import type { Measuring } from "../state/measuring.ts";
import { placeOf } from "../state/places.ts";
import type { Store } from "../state/store.ts";
import { CLICK_SLOP, type Drag, type Surface, slicePoint } from "./drags.ts";

/** An end this close to the pointer is taken hold of, in CSS pixels; a finger is less exact. */
const REACH = { mouse: 9, touch: 22 };

/** Begins a measurement, goes on with one that is being clicked, or moves a place of one that is there. */
export function measureDrag(surface: Surface, start: Point, tool: MeasuringTool, byTouch: boolean): Drag {
  const { store, measures } = surface.app;
  const target = slicePoint(surface, start);
  const resumed = measuringHere(store)?.clicked === true;
  const held = resumed ? undefined : endAt(surface, start, byTouch ? REACH.touch : REACH.mouse);
  if (held) store.set({ measuring: held, preview: undefined });
  else if (!resumed && target?.inside) startMeasuring(store, tool, target.point);
  let moved = false;
  return {
    move(at) {
      if (Math.hypot(at.x - start.x, at.y - start.y) > CLICK_SLOP) moved = true;
      const place = slicePoint(surface, at);
      if (place && (moved || resumed)) extendMeasuring(store, place.point);
    },
    end(at) {
      const place = slicePoint(surface, at);
      if (!place || (held && !moved)) return store.set({ measuring: undefined });
      if (moved || resumed || tool === "probe") return placeMeasuring(store, measures, place.point);
      const { measuring } = store.state;
      if (measuring) store.set({ measuring: { ...measuring, clicked: true } });
    },
    cancel: () => store.set({ measuring: undefined }),
  };
}

/** A measurement under way on the slice shown. */
function measuringHere({ state: { measuring, image } }: Store): Measuring | undefined {
  return measuring && image && sliceKeyOf(measuring.at) === sliceKeyOf(placeOf(image)) ? measuring : undefined;
}

/** The place of a measurement under the pointer, ready to be moved. */
function endAt({ app, viewport }: Surface, at: Point, reach: number): Measuring | undefined {
  const { image, log } = app.store.state;
  const current = viewport();
  if (!image || !current) return undefined;
  let nearest: { readonly found: Measuring; readonly distance: number } | undefined;
  for (const { measurementId, tool, at: place, points } of measurementsAt(log, placeOf(image)))
    for (const [moving, [x, y]] of points.entries()) {
      const end = toScreen(current, { x, y });
      const distance = Math.hypot(end.x - at.x, end.y - at.y);
      if (distance > (nearest?.distance ?? reach)) continue;
      nearest = { distance, found: { tool, at: place, points, moving, measurementId, clicked: false } };
    }
  return nearest?.found;
}

/** Its first place; the second, if there is one, follows the pointer. */
function startMeasuring(store: Store, tool: MeasuringTool, { x, y }: Point): void {
  const { image } = store.state;
  if (!image) return;
  const at: SlicePoint = [x, y];
  const points = POINTS_OF[tool] === 1 ? [at] : [at, at];
  const measuring = { tool, at: placeOf(image), points, moving: points.length - 1, clicked: false };
  store.set({ measuring, preview: undefined });
}

/** The pointer has moved, and the place that follows it. */
export function extendMeasuring(store: Store, { x, y }: Point): void {
  const measuring = measuringHere(store);
  if (!measuring) return;
  const points = measuring.points.map((point, n): SlicePoint => (n === measuring.moving ? [x, y] : point));
  store.set({ measuring: { ...measuring, points } });
}

/** Fixes the place that follows the pointer: the next one begins, or the measurement is there. */
function placeMeasuring(store: Store, measures: Measures, at: Point): void {
  extendMeasuring(store, at);
  const measuring = measuringHere(store);
  const more =
    measuring?.measurementId === undefined && measuring && measuring.points.length < POINTS_OF[measuring.tool];
  if (more) {
    const points: SlicePoint[] = [...measuring.points, [at.x, at.y]];
    store.set({ measuring: { ...measuring, points, moving: points.length - 1, clicked: true } });
    return;
  }
  store.set({ measuring: undefined });
  if (measuring?.measurementId !== undefined) measures.move(measuring.measurementId, measuring.points);
  else if (measuring) measures.add(measuring.tool, measuring.points);
}

/** Enter at the keyboard's crosshair: the first place, or the next. */
export function measureAtCursor(store: Store, measures: Measures, tool: MeasuringTool): void {
  const { cursor } = store.state;
  if (!cursor) return;
  const resumed = measuringHere(store) !== undefined;
  if (!resumed) startMeasuring(store, tool, cursor);
  const begun = store.state.measuring;
  if (resumed || tool === "probe") placeMeasuring(store, measures, cursor);
  else if (begun) store.set({ measuring: { ...begun, clicked: true } });
}
