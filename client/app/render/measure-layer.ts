/** Rulers, angles and probes on the slice, each with what it says. */
import { type Measurement, measurementsAt } from "../../../core/annotation/measurements.ts";
import { type SliceRef, sliceKeyOf } from "../../../core/image/slice-ref.ts";
import { valuesAt } from "../../../core/image/values.ts";
import type { Point } from "../state/drawing.ts";
import { measurementText } from "../state/measurements.ts";
import type { Measuring } from "../state/measuring.ts";
import type { State } from "../state/state.ts";
import { toScreen, type Viewport } from "./viewport.ts";

type Context = CanvasRenderingContext2D;
type Shown = Pick<Measurement, "tool" | "at" | "points" | "values">;

const COLOUR = "#ffd84d";
const HALO = "rgb(0 0 0 / 65%)";

/** Half of a ruler's end, and the arm of a probe's cross. */
const ARM = 6;
/** Of an angle's arc. */
const RADIUS = 22;

/** All of a slice; the one that is being made or moved as it is now. */
export function paintMeasurements(context: Context, viewport: Viewport, state: State, at: SliceRef): void {
  const { measuring, log } = state;
  const under = measuring && sliceKeyOf(measuring.at) === sliceKeyOf(at) ? measuring : undefined;
  for (const measurement of measurementsAt(log, at))
    if (measurement.measurementId !== under?.measurementId) paintOne(context, viewport, state, measurement);
  if (under) paintOne(context, viewport, state, under.tool === "probe" ? probed(under, state) : under);
}

/** A probe under way reads the pixel below it. */
function probed(under: Measuring, { image }: State): Shown {
  const [x, y] = under.points[0].map(Math.round);
  return { ...under, values: (image?.pixels && valuesAt(image.pixels, { x, y })) ?? [] };
}

function paintOne(context: Context, viewport: Viewport, state: State, measurement: Shown) {
  const places = measurement.points.map(([x, y]) => toScreen(viewport, { x, y }));
  stroke(context, shapeOf(measurement, places));
  const text = measurementText(state, measurement);
  if (text) paintLabel(context, labelPlace(measurement, places), text);
}

function shapeOf({ tool }: Shown, places: readonly Point[]): Path2D {
  const path = new Path2D();
  const [first, ...rest] = places;
  if (tool === "probe") {
    path.arc(first.x, first.y, ARM, 0, 2 * Math.PI);
    for (const from of [-2 * ARM, ARM]) {
      line(path, { x: first.x + from, y: first.y }, { x: first.x + from + ARM, y: first.y });
      line(path, { x: first.x, y: first.y + from }, { x: first.x, y: first.y + from + ARM });
    }
    return path;
  }
  path.moveTo(first.x, first.y);
  for (const { x, y } of rest) path.lineTo(x, y);
  if (tool === "length") for (const end of places) addEnd(path, end, places);
  else {
    for (const place of places) dot(path, place);
    addArc(path, places);
  }
  return path;
}

/** A stroke across a ruler's end. */
function addEnd(path: Path2D, at: Point, [from, to]: readonly Point[]) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(-(to.y - from.y) / length) * ARM, ((to.x - from.x) / length) * ARM];
  line(path, { x: at.x - dx, y: at.y - dy }, { x: at.x + dx, y: at.y + dy });
}

/** The short way round from one leg to the other. */
function addArc(path: Path2D, [from, vertex, to]: readonly Point[]) {
  if (!to) return;
  const [start, end] = [from, to].map(({ x, y }) => Math.atan2(y - vertex.y, x - vertex.x));
  const turn = (end - start + 2 * Math.PI) % (2 * Math.PI);
  path.moveTo(vertex.x + RADIUS * Math.cos(start), vertex.y + RADIUS * Math.sin(start));
  path.arc(vertex.x, vertex.y, RADIUS, start, end, turn > Math.PI);
}

function line(path: Path2D, from: Point, to: Point) {
  path.moveTo(from.x, from.y);
  path.lineTo(to.x, to.y);
}

function dot(path: Path2D, { x, y }: Point) {
  path.moveTo(x + 2.5, y);
  path.arc(x, y, 2.5, 0, 2 * Math.PI);
}

function stroke(context: Context, path: Path2D) {
  context.save();
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = HALO;
  context.stroke(path);
  context.lineWidth = 1.75;
  context.strokeStyle = COLOUR;
  context.stroke(path);
  context.restore();
}

/** Beside the last place of a ruler or a probe, beside the vertex of an angle. */
function labelPlace({ tool }: Shown, places: readonly Point[]): Point {
  const at = tool === "angle" ? places[Math.min(1, places.length - 1)] : places[places.length - 1];
  return { x: at.x + 14, y: at.y + (tool === "angle" ? 18 : 0) };
}

const HEIGHT = 20;
const PADDING = 6;

/** On a ground of its own, within the canvas. */
function paintLabel(context: Context, { x, y }: Point, text: string) {
  context.save();
  context.font = "600 12px system-ui, sans-serif";
  context.textBaseline = "middle";
  const width = context.measureText(text).width + 2 * PADDING;
  const edge = context.canvas.width / context.getTransform().a;
  const left = x + width > edge ? Math.max(0, x - width - 28) : x;
  context.beginPath();
  context.roundRect(left, y - HEIGHT / 2, width, HEIGHT, 4);
  context.fillStyle = "rgb(8 12 16 / 78%)";
  context.fill();
  context.fillStyle = COLOUR;
  context.fillText(text, left + PADDING, y + 0.5);
  context.restore();
}
