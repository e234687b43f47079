/** Corrections by hand: each is a pure function of a mask, in one slice or in a stack of them. */
import type { Slice } from "../image/volume.ts";
import { connectedComponents3d } from "../mask/components.ts";
import { grow, shrink } from "../mask/distance.ts";
import { smooth } from "../mask/smooth.ts";
import { onPart, type Voxels } from "../mask/voxels.ts";

/** Lengths are in the unit of the spacing: millimetres where the image knows them. */
export type Edit =
  | { readonly kind: "fill-holes" }
  /** Parts smaller than `least` (area in a slice, volume in a stack) go. */
  | { readonly kind: "remove-islands"; readonly least: number }
  /** Only the part under a voxel stays. */
  | { readonly kind: "keep-part"; readonly at: readonly [x: number, y: number, slice: number] }
  | { readonly kind: "grow"; readonly by: number }
  | { readonly kind: "shrink"; readonly by: number }
  | { readonly kind: "smooth"; readonly sigma: number };

/** What becomes of two masks. */
export type Combination = "union" | "subtract" | "intersect";

/** The mask after an edit; the one given is left as it is. */
export function applyEdit(voxels: Voxels, edit: Edit): Voxels {
  switch (edit.kind) {
    case "fill-holes":
      return fillHoles(voxels);
    case "remove-islands":
      return removeIslands(voxels, edit.least);
    case "keep-part":
      return keepPart(voxels, edit.at);
    case "grow":
      return grow(voxels, edit.by);
    case "shrink":
      return shrink(voxels, edit.by);
    case "smooth":
      return smooth(voxels, edit.sigma);
    default:
      return edit satisfies never;
  }
}

/** With all outside that no path leads out of: over edges in a slice, over faces in a stack. */
function fillHoles(voxels: Voxels): Voxels {
  const flat = voxels.size[2] === 1;
  return onPart(voxels, [1, 1, flat ? 0 : 1], ({ size, data }) => {
    const [width, height, depth] = size;
    const { labels, count } = connectedComponents3d(
      data.map((inside) => (inside ? 0 : 1)),
      size,
      6,
    );
    const open = new Uint8Array(count + 1);
    for (let n = 0; n < labels.length; n++) {
      const [x, y, k] = [n % width, Math.floor(n / width) % height, Math.floor(n / (width * height))];
      const border = x === 0 || y === 0 || x === width - 1 || y === height - 1;
      if (border || (!flat && (k === 0 || k === depth - 1))) open[labels[n]] = 1;
    }
    return data.map((inside, n) => (inside || !open[labels[n]] ? 1 : 0));
  });
}

/** Parts touch by a corner. */
const partsOf = ({ data, size }: Voxels) => connectedComponents3d(data, size, 26);

function removeIslands(voxels: Voxels, least: number): Voxels {
  const { size, spacing } = voxels;
  const one = spacing[0] * spacing[1] * (size[2] > 1 ? spacing[2] : 1);
  return onPart(voxels, [0, 0, 0], (part) => {
    const { labels, areas } = partsOf(part);
    return part.data.map((inside, n) => (inside && areas[labels[n]] * one >= least ? 1 : 0));
  });
}

/** Nothing changes when nothing is there. */
function keepPart(voxels: Voxels, [x, y, slice]: readonly [number, number, number]): Voxels {
  const [width, height] = voxels.size;
  if (!voxels.data[x + width * (y + height * slice)]) return voxels;
  return onPart(voxels, [0, 0, 0], (part, [x0, y0, k0]) => {
    const { labels } = partsOf(part);
    const kept = labels[x - x0 + part.size[0] * (y - y0 + part.size[1] * (slice - k0))];
    return part.data.map((_, n) => (labels[n] === kept ? 1 : 0));
  });
}

export interface Parts {
  /** 1 for the largest part, 2 for the next, 0 outside. */
  readonly numbers: Uint8Array;
  readonly count: number;
}

/** The parts of a mask, largest first, at most `most` (255): smaller ones stand together under the last number. */
export function splitParts(voxels: Voxels, most = 255): Parts {
  let found = 0;
  const { data } = onPart(voxels, [0, 0, 0], (part) => {
    const { labels, areas, count } = partsOf(part);
    const order = Array.from({ length: count }, (_, n) => n + 1).sort((a, b) => areas[b] - areas[a]);
    const numbers = new Uint8Array(count + 1);
    order.forEach((label, index) => {
      numbers[label] = Math.min(index + 1, most);
    });
    found = Math.min(count, most);
    return part.data.map((_, n) => numbers[labels[n]]);
  });
  return { numbers: data, count: found };
}

/** Voxel by voxel; both must have one length. */
export function combine(a: Uint8Array, b: Uint8Array, how: Combination): Uint8Array {
  if (a.length !== b.length) throw new RangeError(`Masks must have one size, got ${a.length} and ${b.length} voxels.`);
  const rules = {
    union: (x: number, y: number) => x | y,
    subtract: (x: number, y: number) => x & ~y & 1,
    intersect: (x: number, y: number) => x & y,
  } as const;
  const rule = rules[how];
  return a.map((value, n) => rule(value, b[n]));
}

/** 1 where a slice's modality values (HU for CT) lie in the range, both ends in it; luminance for colour (ITU-R BT.601). */
export function insideRange({ data, channels, rescale }: Slice, low: number, high: number): Uint8Array {
  const { slope, intercept } = rescale;
  const out = new Uint8Array(data.length / channels);
  for (let n = 0; n < out.length; n++) {
    const stored = channels === 1 ? data[n] : 0.299 * data[3 * n] + 0.587 * data[3 * n + 1] + 0.114 * data[3 * n + 2];
    const value = stored * slope + intercept;
    if (value >= low && value <= high) out[n] = 1;
  }
  return out;
}
