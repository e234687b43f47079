import { createMask, type Mask } from "../../core/mask/mask.ts";

/** Pixels whose place satisfies a condition. */
export function drawMask(width: number, height: number, inside: (x: number, y: number) => boolean): Mask {
  return createMask(
    width,
    height,
    Uint8Array.from({ length: width * height }, (_, n) => (inside(n % width, Math.floor(n / width)) ? 1 : 0)),
  );
}

export const disc = (side: number, x0: number, y0: number, radius: number): Mask =>
  drawMask(side, side, (x, y) => Math.hypot(x - x0, y - y0) <= radius);
