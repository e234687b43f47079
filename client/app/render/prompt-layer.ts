/** Prompts as glyphs. Sign is told by shape as well as by colour: a disc with plus, a square with minus. */
import type { PointLabel, Prompt } from "../../../core/wire/index.ts";
import type { Gesture, Point } from "../state/drawing.ts";
import { toScreen, type Viewport } from "./viewport.ts";

type Context = CanvasRenderingContext2D;

const COLOUR = { foreground: "#2fbf71", background: "#ff5c74" } as const satisfies Record<PointLabel, string>;

/** Paints the prompts of one segment on the slice shown. */
export function paintPrompts(context: Context, viewport: Viewport, prompts: readonly Prompt[]): void {
  for (const prompt of prompts) paintPrompt(context, viewport, prompt);
}

function paintPrompt(context: Context, viewport: Viewport, prompt: Prompt) {
  switch (prompt.kind) {
    case "point":
      return paintPoint(context, toScreen(viewport, prompt), prompt.label);
    case "box": {
      const corners = [
        { x: prompt.x0 - 0.5, y: prompt.y0 - 0.5 },
        { x: prompt.x1 + 0.5, y: prompt.y1 + 0.5 },
      ];
      return paintBox(
        context,
        corners.map((corner) => toScreen(viewport, corner)),
      );
    }
    case "scribble":
      return paintLine(context, screenPoints(viewport, prompt.points), { label: prompt.label, closed: false });
    case "lasso":
      return paintLine(context, screenPoints(viewport, prompt.points), { label: prompt.label, closed: true });
    case "mask":
    case "text":
      return;
    default:
      prompt satisfies never;
  }
}

/** Paints a drawing under way. */
export function paintGesture(context: Context, viewport: Viewport, gesture: Gesture): void {
  const points = gesture.points.map((point) => toScreen(viewport, point));
  if (gesture.kind === "box") paintBox(context, [points[0], points[points.length - 1]]);
  else paintLine(context, points, { label: gesture.label, closed: gesture.kind === "lasso" });
}

const screenPoints = (viewport: Viewport, points: readonly (readonly [number, number])[]) =>
  points.map(([x, y]) => toScreen(viewport, { x, y }));

function paintPoint(context: Context, { x, y }: Point, label: PointLabel) {
  context.save();
  context.beginPath();
  if (label === "foreground") context.arc(x, y, 7, 0, 2 * Math.PI);
  else context.roundRect(x - 6.5, y - 6.5, 13, 13, 2.5);
  context.fillStyle = COLOUR[label];
  context.shadowColor = "rgb(0 0 0 / 70%)";
  context.shadowBlur = 4;
  context.fill();
  context.shadowBlur = 0;
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
  context.beginPath();
  context.moveTo(x - 3, y);
  context.lineTo(x + 3, y);
  if (label === "foreground") {
    context.moveTo(x, y - 3);
    context.lineTo(x, y + 3);
  }
  context.lineWidth = 1.75;
  context.strokeStyle = "#08110c";
  context.stroke();
  context.restore();
}

function paintBox(context: Context, [from, to]: readonly Point[]) {
  const path = new Path2D();
  path.rect(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  strokeTwice(context, path, { colour: "#fff", dash: [6, 4] });
}

function paintLine(
  context: Context,
  points: readonly Point[],
  { label, closed }: { label: PointLabel; closed: boolean },
) {
  const path = new Path2D();
  points.forEach(({ x, y }, index) => {
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
  if (points.length === 1) path.arc(points[0].x, points[0].y, 1.5, 0, 2 * Math.PI);
  if (closed) path.closePath();
  const dash = label === "background" ? [2, 5] : closed ? [7, 4] : [];
  strokeTwice(context, path, { colour: COLOUR[label], dash });
}

function strokeTwice(context: Context, path: Path2D, { colour, dash }: { colour: string; dash: number[] }) {
  context.save();
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = "rgb(0 0 0 / 60%)";
  context.stroke(path);
  context.setLineDash(dash);
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.stroke(path);
  context.restore();
}

/** The keyboard crosshair: lines across the slice, open in the middle so that the pixel stays visible. */
export function paintCursor(context: Context, { x, y }: Point, size: { width: number; height: number }): void {
  const path = new Path2D();
  const gap = 7;
  for (const [x0, y0, x1, y1] of [
    [0, y, x - gap, y],
    [x + gap, y, size.width, y],
    [x, 0, x, y - gap],
    [x, y + gap, x, size.height],
  ]) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  path.rect(x - gap, y - gap, 2 * gap, 2 * gap);
  context.save();
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 60%)";
  context.stroke(path);
  context.lineWidth = 1;
  context.strokeStyle = "#f2b84b";
  context.stroke(path);
  context.restore();
}

/** The linked place of all panes: thin lines across the slice, open in the middle. */
export function paintLines(
  context: Context,
  { x, y }: Point,
  { width, height }: { width: number; height: number },
): void {
  const gap = 12;
  context.save();
  context.beginPath();
  for (const [x0, y0, x1, y1] of [
    [0, y, x - gap, y],
    [x + gap, y, width, y],
    [x, 0, x, y - gap],
    [x, y + gap, x, height],
  ]) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.globalAlpha = 0.7;
  context.lineWidth = 1;
  context.strokeStyle = "#5ad1c8";
  context.stroke();
  context.restore();
}
