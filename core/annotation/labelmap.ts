/** Slice masks of any plane → one number a voxel. Where segments overlap only one of them can stand, and it is said which one lost. */
import { type SliceGrid, sliceGrid } from "../image/slice.ts";
import type { Mat4, Plane, Vec3 } from "../image/volume.ts";
import { maskArea } from "../mask/mask.ts";
import type { Segment, Segmentation, SegmentationHeader, SliceMask } from "./segmentation.ts";

/** Which segment keeps a voxel that several claim: the smaller one, or the one that stands later or earlier in the list. */
export type Overlap = "smaller" | "later" | "earlier";

export interface Labelmap {
  /** The segment's number a voxel, 0 = background; i fastest. 16 bits where a number needs them. */
  readonly labels: Uint8Array | Uint16Array;
  readonly size: Vec3;
  readonly ijkToLps: Mat4;
  /** As in `Volume`. */
  readonly slicePositions?: readonly Vec3[];
}

/** Voxels of one segment that another one took. */
export interface Covered {
  readonly segmentId: string;
  readonly by: string;
  readonly voxels: number;
}

export interface LabelmapResult extends Labelmap {
  readonly covered: readonly Covered[];
}

/** The labelmap of a segmentation, hidden segments included. */
export function labelmapOf({ header, segments, masks }: Segmentation, overlap: Overlap = "smaller"): LabelmapResult {
  const [columns, rows, slices] = header.size;
  const most = segments.reduce((number, segment) => Math.max(number, segment.number), 0);
  const labels = new (most > 255 ? Uint16Array : Uint8Array)(columns * rows * slices);
  const lost = new Map<string, number>();
  const gridOf = gridsOf(header);
  const byNumber = new Map(segments.map((segment) => [segment.number, segment.id]));
  for (const { id, number } of paintOrder(segments, masks, overlap)) {
    for (const mask of masks.filter(({ segmentId }) => segmentId === id)) {
      paint(labels, number, mask, header, gridOf(mask.plane), (old) => {
        const key = JSON.stringify([byNumber.get(old), id]);
        lost.set(key, (lost.get(key) ?? 0) + 1);
      });
    }
  }
  const covered = [...lost].map(([key, voxels]): Covered => {
    const [segmentId, by] = JSON.parse(key) as [string, string]; // written four lines above
    return { segmentId, by, voxels };
  });
  const { size, ijkToLps, slicePositions } = header;
  return { labels, size, ijkToLps, ...(slicePositions && { slicePositions }), covered };
}

/** Who is painted later stands on top. */
function paintOrder(segments: readonly Segment[], masks: readonly SliceMask[], overlap: Overlap): readonly Segment[] {
  if (overlap === "later") return segments;
  if (overlap === "earlier") return segments.toReversed();
  const areas = new Map<string, number>();
  for (const { segmentId, mask } of masks) areas.set(segmentId, (areas.get(segmentId) ?? 0) + maskArea(mask));
  return segments.toSorted((a, b) => (areas.get(b.id) ?? 0) - (areas.get(a.id) ?? 0));
}

function gridsOf(header: SegmentationHeader): (plane: Plane) => SliceGrid {
  const grids = new Map<Plane, SliceGrid>();
  return (plane) => {
    const grid = grids.get(plane) ?? sliceGrid(header, plane);
    grids.set(plane, grid);
    return grid;
  };
}

function paint(
  labels: Uint8Array | Uint16Array,
  number: number,
  { slice, mask }: SliceMask,
  { size: [columns, rows] }: SegmentationHeader,
  { toIjk }: SliceGrid,
  onCovered: (old: number) => void,
): void {
  // The grid permutes and flips axes, so one step in x or y is a constant stride.
  const index = (x: number, y: number) => {
    const [i, j, k] = toIjk(x, y, slice);
    return i + columns * (j + rows * k);
  };
  const origin = index(0, 0);
  const stepX = index(1, 0) - origin;
  const stepY = index(0, 1) - origin;
  for (let y = 0, n = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++, n++) {
      if (!mask.data[n]) continue;
      const at = origin + x * stepX + y * stepY;
      const old = labels[at] ?? 0;
      if (old !== 0 && old !== number) onCovered(old);
      labels[at] = number;
    }
  }
}
