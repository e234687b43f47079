/** A mask as prompts for the slice beside it. */
import { connectedComponents } from "../mask/components.ts";
import { createMask, cropMask, type Mask, maskArea, maskBounds } from "../mask/mask.ts";
import { erode, subtract } from "../mask/morphology.ts";
import { encodeRle } from "../mask/rle.ts";
import { deepestPixel } from "../prompt/prompt-logits.ts";
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
  const parts = partsOf(left, { most: MAX_PARTS, least: SPECK.pixels });
  if (parts.length === 0) return undefined;
  const kept = union(parts, left);
  const bounds = maskBounds(kept);
  if (!bounds) return undefined;
  const gone = partsOf(erode(subtract(before, kept)), { most: MAX_GONE, least: GONE_SHARE * maskArea(before) });
  const mask: Prompt = { kind: "mask", rle: encodeRle(kept) };
  const box: Prompt = {
    kind: "box",
    x0: Math.max(0, bounds.x0 - MARGIN),
    y0: Math.max(0, bounds.y0 - MARGIN),
    x1: Math.min(left.width - 1, bounds.x1 + MARGIN),
    y1: Math.min(left.height - 1, bounds.y1 + MARGIN),
  };
  const points = [
    ...parts.map((part) => pointIn(part, "foreground")),
    ...gone.map((part) => pointIn(part, "background")),
  ];
  return { alone: [mask], full: [mask, box, ...points.flat()] };
}

function pointIn(part: Mask, label: PointLabel): Prompt[] {
  const deepest = deepestPixel(part);
  return deepest ? [{ kind: "point", x: deepest[0], y: deepest[1], label }] : [];
}

/** The largest parts of a mask, largest first. */
function partsOf(mask: Mask, { most, least }: { most: number; least: number }): Mask[] {
  const bounds = maskBounds(mask);
  if (!bounds) return [];
  const box = cropMask(mask, bounds);
  const { labels, areas } = connectedComponents(box, 8);
  const order = [...areas.keys()].slice(1).toSorted((a, b) => areas[b] - areas[a]);
  const floor = Math.max(least, SPECK.share * (areas[order[0]] ?? 0));
  return order
    .filter((label) => areas[label] >= floor)
    .slice(0, most)
    .map((label) => {
      const part = createMask(mask.width, mask.height);
      for (let y = 0, n = 0; y < box.height; y++)
        for (let x = 0, o = (y + bounds.y0) * mask.width + bounds.x0; x < box.width; x++, n++, o++)
          if (labels[n] === label) part.data[o] = 1;
      return part;
    });
}

function union(parts: readonly Mask[], { width, height }: Mask): Mask {
  const out = createMask(width, height);
  for (const { data } of parts) for (let n = 0; n < data.length; n++) if (data[n]) out.data[n] = 1;
  return out;
}
