/** A mask as prompts for the slice beside it. */
import { connectedComponents } from "../mask/components.ts";
import { createMask, cropMask, type Mask, maskArea, maskBounds, pasteMask } from "../mask/mask.ts";
import { erode, subtract, surroundings } from "../mask/morphology.ts";
import { encodeRle } from "../mask/rle.ts";
import { deepestPixel } from "../prompt/prompt-logits.ts";
import type { PixelBox } from "../wire/common.ts";
import type { PointLabel, Prompt } from "../wire/prompt.ts";

/** Most parts that get a point of their own. */
const MAX_PARTS = 3;

/** A part below this many pixels, or below this share of the largest one, is a speck. */
const SPECK = { pixels: 6, share: 0.05 };

/** What was there and is gone gets a point that excludes it, from this share of the mask on. */
const GONE_SHARE = 0.03;
const MAX_GONE = 2;

/** Structures move a little from one slice to the next: pixels around the box. */
const MARGIN = 4;

/** The mask alone, and the mask with a box around it, points in its parts and points where it no longer is. */
export interface MaskPrompts {
  readonly alone: readonly Prompt[];
  readonly full: readonly Prompt[];
}

/** `left` is what remains of `before` on the next slice; undefined when that is nothing. */
export function maskPrompts(left: Mask, before: Mask): MaskPrompts | undefined {
  const area = surroundings(before);
  const parts = area ? partsOf(cropMask(left, area), { most: MAX_PARTS, least: SPECK.pixels }) : [];
  if (!area || parts.length === 0) return undefined;
  const small = union(parts);
  const cropped = cropMask(before, area);
  const gone = partsOf(erode(subtract(cropped, small)), { most: MAX_GONE, least: GONE_SHARE * maskArea(cropped) });
  const kept = pasteMask(small, area, left);
  const mask: Prompt = { kind: "mask", rle: encodeRle(kept) };
  const points = [
    ...parts.map((part) => pointIn(part, area, "foreground")),
    ...gone.map((part) => pointIn(part, area, "background")),
  ];
  return { alone: [mask], full: [mask, ...boxAround(kept), ...points.flat()] };
}

function boxAround(mask: Mask): Prompt[] {
  const bounds = maskBounds(mask);
  if (!bounds) return [];
  const [x0, y0] = [Math.max(0, bounds.x0 - MARGIN), Math.max(0, bounds.y0 - MARGIN)];
  const [x1, y1] = [Math.min(mask.width - 1, bounds.x1 + MARGIN), Math.min(mask.height - 1, bounds.y1 + MARGIN)];
  return [{ kind: "box", x0, y0, x1, y1 }];
}

function pointIn(part: Mask, { x0, y0 }: PixelBox, label: PointLabel): Prompt[] {
  const deepest = deepestPixel(part);
  return deepest ? [{ kind: "point", x: x0 + deepest[0], y: y0 + deepest[1], label }] : [];
}

/** The largest parts of a mask, largest first. */
function partsOf(mask: Mask, { most, least }: { most: number; least: number }): Mask[] {
  const { labels, areas } = connectedComponents(mask, 8);
  const order = [...areas.keys()].slice(1).toSorted((a, b) => areas[b] - areas[a]);
  const floor = Math.max(least, SPECK.share * (areas[order[0]] ?? 0));
  return order
    .filter((label) => areas[label] >= floor)
    .slice(0, most)
    .map((label) => {
      const part = createMask(mask.width, mask.height);
      for (let n = 0; n < labels.length; n++) if (labels[n] === label) part.data[n] = 1;
      return part;
    });
}

function union(parts: readonly Mask[]): Mask {
  const out = createMask(parts[0].width, parts[0].height);
  for (const { data } of parts) for (let n = 0; n < data.length; n++) if (data[n]) out.data[n] = 1;
  return out;
}
