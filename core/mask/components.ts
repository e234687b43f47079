/** Connected components of binary masks and voxel grids: two passes with union-find. */

import type { Vec3 } from "../image/volume.ts";
import { createMask, type Mask } from "./mask.ts";

export interface Components {
  /** 0 = background, 1…count in the order in which raster scan meets them. */
  readonly labels: Int32Array;
  readonly count: number;
  /** Pixels or voxels of each label; index 0 is the background. Length count + 1. */
  readonly areas: Uint32Array;
}

/** Components of a mask whose pixels touch by an edge (4) or also by a corner (8). */
export function connectedComponents(mask: Mask, connectivity: 4 | 8): Components {
  return connectedComponents3d(mask.data, [mask.width, mask.height, 1], connectivity === 4 ? 6 : 18);
}

/** Components of all non-zero voxels, touching by a face (6), also an edge (18), also a corner (26). */
export function connectedComponents3d(
  voxels: Uint8Array | Uint16Array,
  size: Vec3,
  connectivity: 6 | 18 | 26,
): Components {
  const [width, height, depth] = size;
  if (voxels.length !== width * height * depth) {
    throw new RangeError(`A grid of ${size.join(" × ")} needs ${width * height * depth} voxels, got ${voxels.length}.`);
  }
  const labels = new Int32Array(voxels.length);
  const parent = labelProvisionally(voxels, size, earlierNeighbours(connectivity), labels);
  return renumber(labels, parent);
}

/** The component (8-connected) under a pixel; empty when the pixel is outside of the mask. */
export function keepComponentAt(mask: Mask, x: number, y: number): Mask {
  const column = Math.round(x);
  const row = Math.round(y);
  const inside = column >= 0 && column < mask.width && row >= 0 && row < mask.height;
  const { labels } = connectedComponents(mask, 8);
  return keepLabel(mask, labels, inside ? (labels[row * mask.width + column] ?? 0) : 0);
}

/** The component (8-connected) with the most pixels, the first of equals; empty when the mask is. */
export function largestComponent(mask: Mask): Mask {
  const { labels, areas } = connectedComponents(mask, 8);
  let best = 0;
  for (let label = 1; label < areas.length; label++) {
    if (best === 0 || (areas[label] ?? 0) > (areas[best] ?? 0)) best = label;
  }
  return keepLabel(mask, labels, best);
}

function keepLabel({ width, height }: Mask, labels: Int32Array, keep: number): Mask {
  const out = createMask(width, height);
  if (keep > 0) for (let n = 0; n < labels.length; n++) if (labels[n] === keep) out.data[n] = 1;
  return out;
}

/** Steps to the neighbours that raster scan has already met, as [di, dj, dk]. */
function earlierNeighbours(connectivity: 6 | 18 | 26): readonly Vec3[] {
  const reach = { 6: 1, 18: 2, 26: 3 }[connectivity];
  const steps: Vec3[] = [];
  for (let dk = -1; dk <= 0; dk++) {
    for (let dj = -1; dj <= 1; dj++) {
      for (let di = -1; di <= 1; di++) {
        const earlier = di + 3 * dj + 9 * dk < 0;
        if (earlier && Math.abs(di) + Math.abs(dj) + Math.abs(dk) <= reach) steps.push([di, dj, dk]);
      }
    }
  }
  return steps;
}

/** First pass: writes provisional labels and returns which of them belong together. */
function labelProvisionally(
  voxels: Uint8Array | Uint16Array,
  [width, height, depth]: Vec3,
  steps: readonly Vec3[],
  labels: Int32Array,
): number[] {
  const parent = [0];
  for (let k = 0, n = 0; k < depth; k++) {
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++, n++) {
        if (voxels[n] === 0) continue;
        let label = 0;
        for (const [di, dj, dk] of steps) {
          if (i + di < 0 || i + di >= width || j + dj < 0 || j + dj >= height || k + dk < 0) continue;
          const other = labels[n + di + width * (dj + height * dk)] ?? 0;
          if (other > 0) label = label === 0 ? rootOf(parent, other) : unite(parent, label, other);
        }
        if (label === 0) {
          label = parent.length;
          parent.push(label);
        }
        labels[n] = label;
      }
    }
  }
  return parent;
}

/** Second pass: roots become 1, 2, 3… in place. A root is the smallest, so it is met first. */
function renumber(labels: Int32Array, parent: number[]): Components {
  const final = new Int32Array(parent.length);
  let count = 0;
  for (let label = 1; label < parent.length; label++) {
    const root = rootOf(parent, label);
    final[label] = root === label ? ++count : (final[root] ?? 0);
  }
  const areas = new Uint32Array(count + 1);
  for (let n = 0; n < labels.length; n++) {
    const label = final[labels[n] ?? 0] ?? 0;
    labels[n] = label;
    areas[label] = (areas[label] ?? 0) + 1;
  }
  return { labels, count, areas };
}

function rootOf(parent: number[], label: number): number {
  let root = label;
  for (let up = parent[root] ?? 0; up !== root; up = parent[root] ?? 0) {
    parent[root] = parent[up] ?? 0;
    root = parent[root] ?? 0;
  }
  return root;
}

function unite(parent: number[], a: number, b: number): number {
  const rootA = rootOf(parent, a);
  const rootB = rootOf(parent, b);
  const root = Math.min(rootA, rootB);
  parent[Math.max(rootA, rootB)] = root;
  return root;
}
