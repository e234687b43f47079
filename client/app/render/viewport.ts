/** Where slice pixels lie on the screen, in CSS pixels of the canvas. Integer slice coordinates are pixel centres. */
import type { PartRequest } from "../../../core/image/volume.ts";
import type { Point } from "../state/drawing.ts";
import type { View } from "../state/open-image.ts";
import type { Area } from "./fit.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Viewport {
  readonly scaleX: number;
  readonly scaleY: number;
  /** Screen position of the slice's top left corner, which is slice coordinate (−0.5, −0.5). */
  readonly left: number;
  readonly top: number;
}

export interface ViewportInput {
  readonly width: number;
  readonly height: number;
  /** Millimetres per pixel; only their ratio matters here. */
  readonly spacingMm: readonly [number, number] | null | undefined;
  /** What the slice is fitted to, in CSS pixels of the canvas. */
  readonly area: Area;
  readonly view: View;
}

/** From this many CSS pixels per slice pixel on, pixels are shown as squares and outlines follow their edges. */
export const PIXEL_VIEW = 14;

const MARGIN = 18;
export const ZOOM_RANGE = { min: 0.5, max: 32 } as const;

/** Fits the slice in true proportions, then applies zoom and pan. */
export function viewportOf({ width, height, spacingMm, area, view }: ViewportInput): Viewport {
  const [pitchX, pitchY] = spacingMm ?? [1, 1];
  const fit = Math.min(
    Math.max(1, area.width - 2 * MARGIN) / (width * pitchX),
    Math.max(1, area.height - 2 * MARGIN) / (height * pitchY),
  );
  const scaleX = fit * pitchX * view.zoom;
  const scaleY = fit * pitchY * view.zoom;
  return {
    scaleX,
    scaleY,
    left: area.x + area.width / 2 + view.panX - (width * scaleX) / 2,
    top: area.y + area.height / 2 + view.panY - (height * scaleY) / 2,
  };
}

/** Slice → screen. */
export const toScreen = (viewport: Viewport, { x, y }: Point): Point => ({
  x: viewport.left + (x + 0.5) * viewport.scaleX,
  y: viewport.top + (y + 0.5) * viewport.scaleY,
});

/** Screen → slice, unrounded. */
export const toSlice = (viewport: Viewport, { x, y }: Point): Point => ({
  x: (x - viewport.left) / viewport.scaleX - 0.5,
  y: (y - viewport.top) / viewport.scaleY - 0.5,
});

/** The pixels on a canvas of this CSS size, and the coarsest level that is sharp there. */
export function visiblePart(
  { left, top, scaleX, scaleY }: Viewport,
  canvas: Size,
  slice: Size,
  density = devicePixelRatio,
): PartRequest {
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const x0 = within(Math.floor(-left / scaleX), slice.width - 1);
  const y0 = within(Math.floor(-top / scaleY), slice.height - 1);
  const x1 = within(Math.ceil((canvas.width - left) / scaleX), slice.width);
  const y1 = within(Math.ceil((canvas.height - top) / scaleY), slice.height);
  const level = Math.max(0, Math.floor(-Math.log2(Math.max(scaleX, scaleY) * density)));
  return { region: { x0, y0, x1: Math.max(x1, x0 + 1), y1: Math.max(y1, y0 + 1) }, level };
}

/** True when the pixel under a slice position exists. */
export const isInside = ({ x, y }: Point, size: Size): boolean =>
  x >= -0.5 && y >= -0.5 && x < size.width - 0.5 && y < size.height - 0.5;

/** Nearest position within the slice's pixel centres. */
export const clampInside = ({ x, y }: Point, size: Size): Point => ({
  x: Math.min(size.width - 1, Math.max(0, x)),
  y: Math.min(size.height - 1, Math.max(0, y)),
});

/** Zooms by a factor and keeps the slice point under `at` (relative to the centre of the area that the slice is fitted to) where it is. */
export function zoomAt(view: View, factor: number, at: Point = { x: 0, y: 0 }): View {
  const zoom = Math.min(ZOOM_RANGE.max, Math.max(ZOOM_RANGE.min, view.zoom * factor));
  const ratio = zoom / view.zoom;
  return { zoom, panX: at.x - (at.x - view.panX) * ratio, panY: at.y - (at.y - view.panY) * ratio };
}

/** A round length in mm whose bar is at most `maxWidth` CSS pixels wide: 1, 2, 5 × 10ⁿ. */
export function scaleBar(pixelsPerMm: number, maxWidth: number): { mm: number; width: number } {
  const limit = maxWidth / pixelsPerMm;
  const power = 10 ** Math.floor(Math.log10(limit));
  const step = [5, 2, 1].find((candidate) => candidate * power <= limit) ?? 1;
  return { mm: step * power, width: step * power * pixelsPerMm };
}
