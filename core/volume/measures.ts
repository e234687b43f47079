/** Numbers of whole segments, for panels, tables and jobs. Millimetres only where the image knows its spacing. */
import type { Segment, Segmentation, SegmentationHeader, SliceMask } from "../annotation/segmentation.ts";
import { spacingOf } from "../image/geometry.ts";
import { sliceGrid } from "../image/slice.ts";
import { sliceThickness } from "../image/thickness.ts";
import type { Plane, Slice, Vec3 } from "../image/volume.ts";
import { type Mask, maskArea } from "../mask/mask.ts";
import { diametersOf } from "../mask/measurements.ts";
import { createTally, type Histogram, type ValueStatistics } from "../mask/tally.ts";
import { type PlaneMasks, resliceMasks, voxelBounds } from "./reslice.ts";

/** What the masks of a segment tell without a pixel. */
export interface SegmentShape {
  readonly segmentId: string;
  readonly voxels: number;
  /** Absent without spacing, and of frames in time; each slice counts half the way to its neighbours. */
  readonly volumeMl?: number;
  /** The plane that the numbers of slices are of: the one with the most masks. */
  readonly plane: Plane;
  /** By slice, from 0; in pixels, and in mm² where the spacing is known. */
  readonly areas: readonly { readonly slice: number; readonly area: number; readonly areaMm2?: number }[];
  /** Of the slice on which it is longest, in `unit`. */
  readonly longestDiameter: number;
  readonly perpendicularDiameter: number;
  readonly diameterSlice: number;
  readonly unit: "mm" | "px";
  /** Voxel indices along i, j, k, both ends included. */
  readonly bounds: { readonly from: Vec3; readonly to: Vec3 };
  /** Along i, j, k, in `unit`. */
  readonly extent: Vec3;
}

export interface SegmentMeasures extends SegmentShape, Omit<ValueStatistics, "count"> {
  readonly histogram: Histogram | undefined;
}

/** Where the pixels of a slice come from. */
export type Pixels = (plane: Plane, slice: number) => Promise<Slice>;

/** Measures every segment that has a voxel, in the order of the list. */
export async function measuresOf(segmentation: Segmentation, pixels: Pixels): Promise<readonly SegmentMeasures[]> {
  const found: SegmentMeasures[] = [];
  for (const segment of segmentation.segments) {
    const measures = await measureSegment(segmentation, segment, pixels);
    if (measures) found.push(measures);
  }
  return found;
}

async function measureSegment(
  segmentation: Segmentation,
  segment: Segment,
  pixels: Pixels,
): Promise<SegmentMeasures | undefined> {
  const found = shapeAndStack(segmentation, segment);
  if (!found) return undefined;
  const { shape, stack } = found;
  const tally = createTally();
  for (const [slice, mask] of stack) tally.add(mask, await pixels(shape.plane, slice));
  const { count: _voxels, ...statistics } = tally.statistics();
  return { ...shape, ...statistics, histogram: tally.histogram() };
}

/** Measures a segment without its pixels; `undefined` for one without a voxel. */
export const shapeOf = (segmentation: Segmentation, segment: Segment): SegmentShape | undefined =>
  shapeAndStack(segmentation, segment)?.shape;

function shapeAndStack({ header, masks }: Segmentation, { id: segmentId }: Segment) {
  const planes = planesIn(masks.filter((mask) => mask.segmentId === segmentId));
  const box = voxelBounds(header, planes);
  if (!box) return undefined;
  const { plane, stack } = oneStack(header, planes);
  const { spacingMm } = sliceGrid(header, plane);
  const areas: { slice: number; area: number; areaMm2?: number }[] = [];
  let best = { longestDiameter: 0, perpendicularDiameter: 0, diameterSlice: 0 };
  for (const [slice, mask] of stack) {
    const area = maskArea(mask);
    areas.push({ slice, area, ...(spacingMm ? { areaMm2: area * spacingMm[0] * spacingMm[1] } : {}) });
    const diameters = diametersOf(mask, spacingMm ?? [1, 1]);
    if (diameters.longestDiameter > best.longestDiameter) best = { ...diameters, diameterSlice: slice };
  }
  const voxels = areas.reduce((sum, { area }) => sum + area, 0);
  const step = spacingMm ? spacingOf(header.ijkToLps) : [1, 1, 1];
  const to = box.start.map((start, n) => start + box.size[n] - 1);
  const shape: SegmentShape = {
    ...{ segmentId, voxels, plane, areas, ...best, unit: spacingMm ? "mm" : "px" },
    ...volumeOf(header, plane === "native" ? areas : [{ slice: 0, area: voxels }]),
    bounds: { from: box.start, to: [to[0], to[1], to[2]] },
    extent: [box.size[0] * step[0], box.size[1] * step[1], box.size[2] * step[2]],
  };
  return { shape, stack };
}

/** From the areas of native slices in pixels, each with its own thickness; an even stack may give all its voxels as one. */
export function volumeOf(
  { unit, ijkToLps, slicePositions, size }: SegmentationHeader,
  areas: readonly { readonly slice: number; readonly area: number }[],
) {
  const thickness = sliceThickness({ xyToLps: ijkToLps, count: size[2] }, slicePositions);
  if (unit !== "mm" || size[2] < 2 || !thickness) return {};
  const [x, y] = spacingOf(ijkToLps);
  return { volumeMl: areas.reduce((sum, { slice, area }) => sum + area * x * y * (thickness[slice] ?? 0), 0) / 1000 };
}

function planesIn(masks: readonly SliceMask[]): readonly PlaneMasks[] {
  const planes = new Map<Plane, Map<number, Mask>>();
  for (const { plane, slice, mask } of masks)
    if (maskArea(mask) > 0) planes.set(plane, (planes.get(plane) ?? new Map<number, Mask>()).set(slice, mask));
  return [...planes].map(([plane, stack]) => ({ plane, masks: stack }));
}

/** Masks of several planes as one stack of the plane that has the most. */
function oneStack(header: SegmentationHeader, planes: readonly PlaneMasks[]) {
  const [first, ...others] = planes.toSorted((a, b) => b.masks.size - a.masks.size);
  const { plane, masks } = first;
  if (others.length === 0) return { plane, stack: new Map([...masks].toSorted(([a], [b]) => a - b)) };
  const stack = new Map<number, Mask>();
  for (let k = 0; k < sliceGrid(header, plane).count; k++) {
    const cuts = others.map((other) => resliceMasks(header, other, plane, k));
    const own = masks.get(k);
    const [some, ...rest] = own ? [own, ...cuts] : cuts;
    const data = some.data.map((value, n) => (value || rest.some((mask) => mask.data[n]) ? 1 : 0));
    if (data.includes(1)) stack.set(k, { ...some, data });
  }
  return { plane, stack };
}
