/** The mask of a stroke under way. It changes with every frame, so that its outline is not traced but read off row by row. */
import { type Mask, maskBounds } from "../../../core/mask/mask.ts";
import type { Brush, Point, Stroke } from "../state/drawing.ts";
import type { Overlay } from "../state/state.ts";
import { toScreen, type Viewport } from "./viewport.ts";

export interface StrokeLayer {
  paint(context: CanvasRenderingContext2D, viewport: Viewport, stroke: Stroke, look: Look): void;
}

interface Look {
  readonly opacity: number;
  readonly overlay: Overlay;
}

export function createStrokeLayer(): StrokeLayer {
  const canvas = document.createElement("canvas");
  return {
    paint(context, viewport, { mask, colour }, { opacity, overlay }) {
      const { left, top, scaleX, scaleY } = viewport;
      context.save();
      if (overlay !== "outline") {
        canvas.width = mask.width;
        canvas.height = mask.height;
        canvas.getContext("2d")?.putImageData(filled(mask, colour), 0, 0);
        context.imageSmoothingEnabled = false;
        context.globalAlpha = opacity;
        context.drawImage(canvas, left, top, mask.width * scaleX, mask.height * scaleY);
      }
      const path = edgesOf(mask, viewport);
      for (const [width, style, alpha] of [
        [4, "#000", 0.55],
        [2, colour, 1],
      ] as const) {
        context.lineWidth = width;
        context.strokeStyle = style;
        context.globalAlpha = alpha;
        context.stroke(path);
      }
      context.restore();
    },
  };
}

function filled({ width, height, data }: Mask, colour: string): ImageData {
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const value = Number.parseInt(colour.slice(1), 16);
  const pixel = (0xff000000 | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
  for (let n = 0; n < data.length; n++) if (data[n]) out[n] = pixel;
  return image;
}

/** Lines between pixels inside and outside, as long as they run straight. */
function edgesOf(mask: Mask, { left, top, scaleX, scaleY }: Viewport): Path2D {
  const path = new Path2D();
  const bounds = maskBounds(mask);
  if (!bounds) return path;
  const { width, height, data } = mask;
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0;
  const line = (x0: number, y0: number, x1: number, y1: number) => {
    path.moveTo(left + x0 * scaleX, top + y0 * scaleY);
    path.lineTo(left + x1 * scaleX, top + y1 * scaleY);
  };
  const { x0, y0, x1, y1 } = bounds;
  for (let y = y0; y <= y1 + 1; y++)
    for (const [from, to] of runs(x0, x1, (x) => inside(x, y) !== inside(x, y - 1))) line(from, y, to, y);
  for (let x = x0; x <= x1 + 1; x++)
    for (const [from, to] of runs(y0, y1, (y) => inside(x, y) !== inside(x - 1, y))) line(x, from, x, to);
  return path;
}

/** Where something holds without a gap: the first place, and the one after the last. */
function runs(first: number, last: number, holds: (at: number) => boolean): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let at = first; at <= last + 1; at++) {
    const here = at <= last && holds(at);
    if (here && from < 0) from = at;
    if (here || from < 0) continue;
    found.push([from, at]);
    from = -1;
  }
  return found;
}

/** The rim of the brush, with a sign in its middle where it erases. */
export function paintBrush(
  context: CanvasRenderingContext2D,
  viewport: Viewport,
  { at, brush: { diameter }, erases }: { at: Point; brush: Brush; erases: boolean },
): void {
  const { x, y } = toScreen(viewport, at);
  const path = new Path2D();
  path.arc(x, y, Math.max(1.5, (diameter / 2) * viewport.scaleX), 0, 2 * Math.PI);
  if (erases) {
    path.moveTo(x - 3, y);
    path.lineTo(x + 3, y);
  }
  context.save();
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 60%)";
  context.stroke(path);
  context.lineWidth = 1.25;
  context.strokeStyle = "#fff";
  context.stroke(path);
  context.restore();
}
