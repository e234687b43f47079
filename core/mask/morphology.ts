/** Erosion, dilation and opening by the cross of four neighbours, and distances to a mask's border. */
import type { PixelBox } from "../wire/common.ts";
import { createMask, type Mask, maskBounds } from "./mask.ts";

/** Without the pixels that touch the background by an edge; the image's border is no background. */
export function erode(mask: Mask): Mask {
  const { width, height, data } = mask;
  const out = createMask(width, height);
  const { x0, y0, x1, y1 } = maskBounds(mask) ?? NOWHERE;
  for (let y = y0; y <= y1; y++) {
    for (let x = x0, n = y * width + x0; x <= x1; x++, n++) {
      if (!data[n]) continue;
      const touches =
        (x > 0 && !data[n - 1]) ||
        (x < width - 1 && !data[n + 1]) ||
        (y > 0 && !data[n - width]) ||
        (y < height - 1 && !data[n + width]);
      if (!touches) out.data[n] = 1;
    }
  }
  return out;
}

/** With the pixels that touch the mask by an edge. */
export function dilate(mask: Mask): Mask {
  const { width, height, data } = mask;
  const out = createMask(width, height);
  const { x0, y0, x1, y1 } = maskBounds(mask) ?? NOWHERE;
  for (let y = y0; y <= y1; y++) {
    for (let x = x0, n = y * width + x0; x <= x1; x++, n++) {
      if (!data[n]) continue;
      out.data[n] = 1;
      if (x > 0) out.data[n - 1] = 1;
      if (x < width - 1) out.data[n + 1] = 1;
      if (y > 0) out.data[n - width] = 1;
      if (y < height - 1) out.data[n + width] = 1;
    }
  }
  return out;
}

/** The bounds of an empty mask: a loop over them has no turn. */
const NOWHERE = { x0: 0, y0: 0, x1: -1, y1: -1 };

/** A mask's bounds and one pixel around them, as far as the image goes: a part of it that is eroded or opened as the whole is. */
export function surroundings(mask: Mask): PixelBox | undefined {
  const bounds = maskBounds(mask);
  if (!bounds) return undefined;
  const { x0, y0, x1, y1 } = bounds;
  return {
    x0: Math.max(0, x0 - 1),
    y0: Math.max(0, y0 - 1),
    x1: Math.min(mask.width - 1, x1 + 1),
    y1: Math.min(mask.height - 1, y1 + 1),
  };
}

/** Without threads and specks that are one or two pixels wide. A subset of the mask. */
export const open = (mask: Mask): Mask => dilate(erode(mask));

/** Pixels in the first mask and not in the second. */
export function subtract(a: Mask, b: Mask): Mask {
  const out = createMask(a.width, a.height);
  for (let n = 0; n < out.data.length; n++) out.data[n] = a.data[n] !== 0 && b.data[n] === 0 ? 1 : 0;
  return out;
}

/** Chamfer weights of an edge and of a diagonal step (Borgefors 1986): a third of a pixel. */
const [EDGE, DIAGONAL] = [3, 4];

/** Steps from each pixel to the nearest one outside of the mask, in thirds of a pixel; 0 outside. */
function depths({ width, height, data }: Mask): Int32Array {
  const far = EDGE * (width + height);
  const out = Int32Array.from(data, (value) => (value ? far : 0));
  const relax = (n: number, x: number, y: number, back: 1 | -1) => {
    const left = back === 1 ? x > 0 : x < width - 1;
    const right = back === 1 ? x < width - 1 : x > 0;
    const above = back === 1 ? y > 0 : y < height - 1;
    if (left) out[n] = Math.min(out[n], out[n - back] + EDGE);
    if (!above) return;
    out[n] = Math.min(out[n], out[n - back * width] + EDGE);
    if (left) out[n] = Math.min(out[n], out[n - back * (width + 1)] + DIAGONAL);
    if (right) out[n] = Math.min(out[n], out[n - back * (width - 1)] + DIAGONAL);
  };
  for (let y = 0, n = 0; y < height; y++) for (let x = 0; x < width; x++, n++) if (out[n] > 0) relax(n, x, y, 1);
  for (let y = height - 1, n = out.length - 1; y >= 0; y--)
    for (let x = width - 1; x >= 0; x--, n--) if (out[n] > 0) relax(n, x, y, -1);
  return out;
}

/** A mask between two: `share` 0 is the first, 1 the second, by their signed distances to the border (Raya & Udupa 1990). */
export function blend(a: Mask, b: Mask, share: number): Mask {
  const [inA, inB, outA, outB] = [depths(a), depths(b), depths(inverse(a)), depths(inverse(b))];
  const data = inA.map((depth, n) => (depth - outA[n]) * (1 - share) + (inB[n] - outB[n]) * share);
  return { ...a, data: Uint8Array.from(data, (depth) => (depth > 0 ? 1 : 0)) };
}

const inverse = (mask: Mask): Mask => ({ ...mask, data: mask.data.map((value) => (value ? 0 : 1)) });
