import { isLarge } from "../../../core/image/part.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import type { Overlay } from "../state/state.ts";
import { maskPaths } from "./mask-path.ts";
import { PIXEL_VIEW, type Viewport } from "./viewport.ts";

export interface MaskPaint {
  readonly mask: Mask;
  readonly colour: string;
  readonly opacity: number;
  readonly overlay: Overlay;
  /** The segment being edited has the stronger line. */
  readonly active: boolean;
  /** Hover previews are dashed. */
  readonly dashed: boolean;
}

/** Paints one mask: a translucent fill and a line of constant width with a dark halo, crisp at any zoom. */
export function paintMask(context: CanvasRenderingContext2D, viewport: Viewport, paint: MaskPaint): void {
  if (paint.overlay === "off") return;
  const { scaleX, scaleY, left, top } = viewport;
  const { exact, smooth } = maskPaths(paint.mask, outlineLevel(paint.mask, scaleX));
  const screen = new Path2D();
  const outline = scaleX < PIXEL_VIEW ? smooth : exact;
  screen.addPath(outline, new DOMMatrix([scaleX, 0, 0, scaleY, left + scaleX / 2, top + scaleY / 2]));
  context.save();
  context.lineJoin = "round";
  if (paint.overlay === "fill") {
    context.globalAlpha = paint.dashed ? paint.opacity * 0.6 : paint.opacity;
    context.fillStyle = paint.colour;
    context.fill(screen, "evenodd");
  }
  context.globalAlpha = 0.55;
  context.strokeStyle = "#000";
  context.lineWidth = paint.active ? 4 : 3;
  context.stroke(screen);
  context.globalAlpha = 1;
  context.strokeStyle = paint.colour;
  context.lineWidth = paint.active ? 2 : 1.25;
  if (paint.dashed) context.setLineDash([5, 4]);
  context.stroke(screen);
  context.restore();
}

/** The coarsest level whose steps nobody sees; small masks are traced once, whatever the zoom. */
const outlineLevel = (mask: Mask, scale: number): number =>
  isLarge(mask) ? Math.max(0, Math.floor(-Math.log2(scale))) : 0;

const centres = new WeakMap<Mask, { x: number; y: number } | null>();

/** Where a mask's badge goes: above its topmost pixel run, so that it does not hide the inside. Null for an empty mask. */
export function maskAnchor(mask: Mask): { x: number; y: number } | null {
  const known = centres.get(mask);
  if (known !== undefined) return known;
  const first = mask.data.indexOf(1);
  const y = Math.floor(first / mask.width);
  let x1 = first;
  while (mask.data[x1] === 1 && Math.floor(x1 / mask.width) === y) x1++;
  const anchor = first < 0 ? null : { x: (first + x1 - 1) / 2 - y * mask.width, y };
  centres.set(mask, anchor);
  return anchor;
}

/** A number in a disc at a mask's anchor, so that colour is never the only sign. */
export function paintBadge(
  context: CanvasRenderingContext2D,
  at: { x: number; y: number },
  { text, colour }: { text: string; colour: string },
) {
  context.save();
  context.beginPath();
  context.arc(at.x, at.y, 9, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "rgb(0 0 0 / 75%)";
  context.stroke();
  context.fillStyle = inkOn(colour);
  context.font = "700 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, at.x, at.y + 0.5);
  context.restore();
}

/** Black or white, whichever reads better on the colour (WCAG relative luminance). */
export function inkOn(hex: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? "#0a0c0f" : "#fff";
}
