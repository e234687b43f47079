/** A round brush with sub-pixel place and size: what it covers on its way from one place to the next. */
import type { Mask } from "./mask.ts";

/** Where the brush is: its centre in pixels of the slice (integer = pixel centre), its radius in pixels along x. */
export interface Dab {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface BrushPaint {
  /** 1 paints, 0 erases. */
  readonly value: 0 | 1;
  /** Height of a pixel over its width, so that the disc is round in millimetres. Default 1. */
  readonly aspect?: number;
  /** Not 0 where the brush may change the mask; everywhere when left out. */
  readonly within?: Uint8Array | undefined;
}

/** Distances are compared with this much patience: a centre on the rim is inside. */
const RIM = 1e-9;

/**
 * Sets the pixels of `out` whose centres the disc covers between two places, the radius changing evenly on the way. The
 * pixel under the end is always covered and the way has no gaps, however thin the brush. True when something changed.
 */
export function paintStroke(out: Mask, from: Dab, to: Dab, { value, aspect = 1, within }: BrushPaint): boolean {
  const { width, height, data } = out;
  const thinnest = 0.5 * Math.max(1, aspect);
  const [r0, r1] = [Math.max(thinnest, from.radius), Math.max(thinnest, to.radius)];
  const reach = Math.max(r0, r1);
  const [dx, dy] = [to.x - from.x, (to.y - from.y) * aspect];
  const length = dx * dx + dy * dy;
  const x0 = Math.max(0, Math.ceil(Math.min(from.x, to.x) - reach));
  const x1 = Math.min(width - 1, Math.floor(Math.max(from.x, to.x) + reach));
  const y0 = Math.max(0, Math.ceil(Math.min(from.y, to.y) - reach / aspect));
  const y1 = Math.min(height - 1, Math.floor(Math.max(from.y, to.y) + reach / aspect));
  let changed = false;
  const set = (n: number) => {
    if (data[n] === value || within?.[n] === 0) return;
    data[n] = value;
    changed = true;
  };
  for (let y = y0; y <= y1; y++) {
    const py = (y - from.y) * aspect;
    for (let x = x0; x <= x1; x++) {
      const px = x - from.x;
      const t = length === 0 ? 1 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const radius = r0 + (r1 - r0) * t;
      if ((px - dx * t) ** 2 + (py - dy * t) ** 2 <= radius * radius + RIM) set(y * width + x);
    }
  }
  const [nearX, nearY] = [Math.round(to.x), Math.round(to.y)];
  if (nearX >= 0 && nearX < width && nearY >= 0 && nearY < height) set(nearY * width + nearX);
  return changed;
}
