/**
 * The phantom's voxels and how shapes get into them. Space: x to the patient's left, y to the back, z up, in mm, with
 * x = y = 0 on the body's axis and z = 0 at the lowest edge. Shapes are signed distances in mm, negative inside.
 */
import type { Vec3 } from "../image/volume.ts";
import { clamp } from "./noise.ts";

/** Width, depth and height of the imaged space in mm, whatever the number of voxels. */
export const EXTENT: Vec3 = [384, 288, 336];

export interface Canvas {
  readonly size: Vec3;
  readonly spacing: Vec3;
  readonly hu: Float32Array;
  readonly labels: Uint8Array;
}

/** Distance to a surface in mm, negative inside. */
export type Shape = (x: number, y: number, z: number) => number;

/** HU at a point; `depth` = mm under the surface. */
export type Tissue = (x: number, y: number, z: number, depth: number) => number;

/** The same HU everywhere. */
export const uniform =
  (hu: number): Tissue =>
  () =>
    hu;

export interface Box {
  readonly from: Vec3;
  readonly to: Vec3;
}

export interface Paint {
  readonly box: Box;
  readonly shape: Shape;
  readonly tissue: Tissue;
  /** Left out: labels stay as they are. */
  readonly label?: number;
  /** Paints only where this label is. */
  readonly within?: number;
}

export function createCanvas(size: Vec3): Canvas {
  const voxels = size[0] * size[1] * size[2];
  return {
    size,
    spacing: [EXTENT[0] / size[0], EXTENT[1] / size[1], EXTENT[2] / size[2]],
    hu: new Float32Array(voxels).fill(-1000),
    labels: new Uint8Array(voxels),
  };
}

/** Position in mm of the centre of voxel 0. */
export const originOf = ({ spacing }: Canvas): Vec3 => [
  (spacing[0] - EXTENT[0]) / 2,
  (spacing[1] - EXTENT[1]) / 2,
  spacing[2] / 2,
];

/** Mixes a shape into the voxels; at its surface both tissues share the voxel, as in a scanner. */
export function paint(canvas: Canvas, { box, shape, tissue, label, within }: Paint): void {
  const { size, spacing, hu, labels } = canvas;
  const [x0, y0, z0] = originOf(canvas);
  const [from, to] = voxelRange(canvas, box);
  const edge = spacing[0];
  for (let k = from[2]; k <= to[2]; k++) {
    const z = z0 + k * spacing[2];
    for (let j = from[1]; j <= to[1]; j++) {
      const y = y0 + j * spacing[1];
      const row = size[0] * (j + size[1] * k);
      for (let i = from[0]; i <= to[0]; i++) {
        const n = row + i;
        if (within !== undefined && labels[n] !== within) continue;
        const x = x0 + i * spacing[0];
        const depth = -shape(x, y, z);
        if (depth <= -edge / 2) {
          // Nothing of the shape is nearer than its distance; half of it, because distances are approximate.
          if (depth < -2 * edge) i += Math.floor((-0.5 * depth) / edge) - 1;
          continue;
        }
        const share = clamp(0.5 + depth / edge, 0, 1);
        hu[n] = (hu[n] ?? 0) * (1 - share) + tissue(x, y, z, depth) * share;
        if (label !== undefined && depth > 0) labels[n] = label;
      }
    }
  }
}

function voxelRange({ size, spacing }: Canvas, { from, to }: Box): [Vec3, Vec3] {
  const index = (mm: number, axis: 0 | 1 | 2, round: (value: number) => number) => {
    const start = axis === 2 ? 0 : -EXTENT[axis] / 2;
    return clamp(round((mm - start) / spacing[axis] - 0.5), 0, size[axis] - 1);
  };
  return [
    [index(from[0], 0, Math.floor), index(from[1], 1, Math.floor), index(from[2], 2, Math.floor)],
    [index(to[0], 0, Math.ceil), index(to[1], 1, Math.ceil), index(to[2], 2, Math.ceil)],
  ];
}

/** The label at a point in mm; 0 outside of the grid. */
export function labelAt({ size, spacing, labels }: Canvas, [x, y, z]: Vec3): number {
  const i = Math.floor((x + EXTENT[0] / 2) / spacing[0]);
  const j = Math.floor((y + EXTENT[1] / 2) / spacing[1]);
  const k = Math.floor(z / spacing[2]);
  if (i < 0 || i >= size[0] || j < 0 || j >= size[1] || k < 0 || k >= size[2]) return 0;
  return labels[i + size[0] * (j + size[1] * k)] ?? 0;
}

/** A box of half-sizes around a point. */
export const boxAround = ([x, y, z]: Vec3, [rx, ry, rz]: Vec3): Box => ({
  from: [x - rx, y - ry, z - rz],
  to: [x + rx, y + ry, z + rz],
});

/** Ellipsoid, exact at the surface (first-order distance). */
export function ellipsoid([cx, cy, cz]: Vec3, [rx, ry, rz]: Vec3): Shape {
  return (x, y, z) => {
    const u = (x - cx) / rx;
    const v = (y - cy) / ry;
    const w = (z - cz) / rz;
    const level = Math.sqrt(u * u + v * v + w * w);
    if (level < 1e-6) return -Math.min(rx, ry, rz);
    const gradient = Math.sqrt((u / rx) ** 2 + (v / ry) ** 2 + (w / rz) ** 2);
    return (level * (level - 1)) / gradient;
  };
}

/** Intersection whose edge is rounded over `radius` mm. */
export function smoothMax(a: number, b: number, radius: number): number {
  const overlap = Math.max(0, radius - Math.abs(a - b)) / radius;
  return Math.max(a, b) + (overlap * overlap * radius) / 4;
}

/** Union whose seam is rounded over `radius` mm. */
export const smoothMin = (a: number, b: number, radius: number): number => -smoothMax(-a, -b, radius);
