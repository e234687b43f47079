/** Voxels of Cornerstone3D as they lie: volumes in one grid, stacks in images whose order is Cornerstone's own. */
import type { Mat4, Vec3, VoxelArray } from "../../core/image/volume.ts";
import type { TargetGrid, VoxelSource, Voxels } from "../viewer/index.ts";

export type Point3 = [number, number, number];

interface VoxelManager {
  getAtIndex(index: number): unknown;
  setAtIndex(index: number, value: number): unknown;
  getCompleteScalarDataArray?(): ArrayLike<number>;
}

export interface CornerstoneVolume {
  readonly dimensions: Point3;
  readonly spacing: Point3;
  readonly origin: Point3;
  /** Directions of i, j and k, one after the other. */
  readonly direction: ArrayLike<number>;
  readonly voxelManager?: VoxelManager | undefined;
  readonly isPreScaled?: boolean;
  readonly metadata?: { readonly Modality?: string } | undefined;
  readonly imageIds?: readonly string[];
  /** Of volumes that come image by image. */
  readonly loadStatus?: { readonly loaded?: unknown } | undefined;
}

export interface CornerstoneImage {
  readonly rows: number;
  readonly columns: number;
  readonly slope?: number;
  readonly intercept?: number;
  readonly preScale?: { readonly scaled?: boolean } | undefined;
  readonly voxelManager?: VoxelManager | undefined;
  readonly referencedImageId?: string | undefined;
  getPixelData(): ArrayLike<number>;
}

/** What is used of `@cornerstonejs/core`. */
export interface CornerstoneCore {
  readonly cache: {
    getVolume(volumeId: string): CornerstoneVolume | undefined;
    getImage(imageId: string): CornerstoneImage | undefined;
  };
  readonly metaData: { get(type: string, imageId: string): unknown };
  readonly imageLoader: { loadAndCacheImage(imageId: string): Promise<CornerstoneImage> };
  readonly utilities: {
    readonly HistoryMemo: { readonly DefaultHistoryMemo: { push(memo: CornerstoneMemo): unknown } };
  };
}

export interface CornerstoneMemo {
  restoreMemo(isUndo?: boolean): void;
  readonly operationType?: string;
}

/** A labelmap that can be written to. */
export interface LabelGrid extends TargetGrid {
  readonly voxels: Voxels;
  /** Slices along k that were written since the last call, in Cornerstone's order. */
  written(): number[];
}

/** The grid of a labelmap: a volume, or images that make one. */
export function latticeOf(core: CornerstoneCore, labelmap: { volumeId?: string; imageIds?: string[] }): LabelGrid {
  const volume = labelmap.volumeId === undefined ? undefined : core.cache.getVolume(labelmap.volumeId);
  if (volume?.voxelManager) {
    const { voxelManager } = volume;
    return gridOf({ size: volume.dimensions, ijkToLps: affineOfVolume(volume) }, () => voxelManager);
  }
  const imageIds = labelmap.imageIds ?? [];
  const images = imageIds.map((id) => core.cache.getImage(id));
  const places = imageIds.map((id, n) => placeOf(core, images[n]?.referencedImageId ?? id));
  const { order, size, ijkToLps } = stackOf(places);
  return gridOf({ size, ijkToLps }, (k) => images[order[k] ?? -1]?.voxelManager, order);
}

/** `managers` of one volume hold all slices, those of a stack one each. */
function gridOf(
  grid: TargetGrid,
  managerOf: (k: number) => VoxelManager | undefined,
  order?: readonly number[],
): LabelGrid {
  const length = grid.size[0] * grid.size[1];
  const touched = new Set<number>();
  const voxels: Voxels = {
    get(index) {
      const k = Math.floor(index / length);
      return Number(managerOf(k)?.getAtIndex(order ? index - k * length : index) ?? 0);
    },
    set(index, value) {
      const k = Math.floor(index / length);
      managerOf(k)?.setAtIndex(order ? index - k * length : index, value);
      touched.add(order ? (order[k] ?? k) : k);
    },
  };
  return {
    ...grid,
    voxels,
    written() {
      const slices = [...touched];
      touched.clear();
      return slices;
    },
  };
}

function affineOfVolume({ origin, spacing, direction }: CornerstoneVolume): Mat4 {
  const row = (axis: 0 | 1 | 2) => [
    ...[0, 1, 2].map((n) => (direction[n * 3 + axis] ?? 0) * (spacing[n] ?? 1)),
    origin[axis],
  ];
  return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
}

/** Cornerstone scales voxels as it loads them; values are modality values then. */
export function voxelsOfVolume(volume: CornerstoneVolume, modality: string | undefined): VoxelSource {
  const voxels = volume.voxelManager?.getCompleteScalarDataArray?.();
  if (!voxels) throw new RangeError("Expected a volume whose voxels are loaded, got none.");
  const said = modality ?? volume.metadata?.Modality;
  return {
    voxels: voxels as VoxelArray, // Cornerstone makes typed arrays of these kinds
    size: volume.dimensions,
    ijkToLps: affineOfVolume(volume),
    ...(said === undefined ? {} : { modality: said }),
  };
}

/** The images of a stack, loaded where they are not, in the order of their positions. */
export async function voxelsOfStack(
  core: CornerstoneCore,
  imageIds: readonly string[],
  modality: string | undefined,
): Promise<VoxelSource> {
  const images = await Promise.all(imageIds.map((id) => core.imageLoader.loadAndCacheImage(id)));
  const { order, size, ijkToLps } = stackOf(imageIds.map((id) => placeOf(core, id)));
  const ordered = order.map((n) => images[n]);
  const [first] = ordered;
  if (!first) throw new RangeError("Expected a stack of images, got none.");
  const pixels = first.getPixelData() as VoxelArray; // Cornerstone makes typed arrays of these kinds
  const all = new (pixels.constructor as new (length: number) => VoxelArray)(size[0] * size[1] * size[2]);
  for (const [k, image] of ordered.entries()) if (image) all.set(image.getPixelData(), k * size[0] * size[1]);
  const said = modality ?? modalityOf(core, imageIds[0] ?? "");
  const { slope = 1, intercept = 0 } = first;
  return {
    ...{ voxels: all, size, ijkToLps },
    ...(first.preScale?.scaled ? {} : { rescale: { slope, intercept } }),
    ...(said === undefined ? {} : { modality: said }),
  };
}

function modalityOf({ metaData }: CornerstoneCore, imageId: string): string | undefined {
  const series = metaData.get("generalSeriesModule", imageId) as { modality?: string } | undefined;
  return series?.modality;
}

/** DICOM's image plane, as Cornerstone's metadata have it. */
interface Place {
  readonly rows: number;
  readonly columns: number;
  readonly rowCosines: ArrayLike<number>;
  readonly columnCosines: ArrayLike<number>;
  readonly imagePositionPatient: ArrayLike<number>;
  readonly rowPixelSpacing: number;
  readonly columnPixelSpacing: number;
}

function placeOf({ metaData }: CornerstoneCore, imageId: string): Place {
  const place = metaData.get("imagePlaneModule", imageId) as Place | undefined;
  if (!place?.imagePositionPatient) throw new RangeError("Expected images with a position in the patient.");
  return place;
}

/** Images in the order of their places along the normal, as one grid of even steps. */
function stackOf(places: readonly Place[]): { order: readonly number[]; size: Vec3; ijkToLps: Mat4 } {
  const [first] = places;
  if (!first) throw new RangeError("Expected a stack of images, got none.");
  const [x, y] = [vector(first.rowCosines), vector(first.columnCosines)];
  const normal: Vec3 = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
  const at = (n: number) => vector(places[n]?.imagePositionPatient ?? []);
  const along = (n: number) => at(n).reduce((sum, value, axis) => sum + value * (normal[axis] ?? 0), 0);
  const order = places.map((_, n) => n).toSorted((a, b) => along(a) - along(b));
  const origin = at(order[0] ?? 0);
  const end = at(order.at(-1) ?? 0);
  const step = (axis: number) =>
    places.length > 1 ? ((end[axis] ?? 0) - (origin[axis] ?? 0)) / (places.length - 1) : (normal[axis] ?? 0);
  const row = (axis: 0 | 1 | 2) => [
    ...[x[axis] * first.columnPixelSpacing, y[axis] * first.rowPixelSpacing, step(axis), origin[axis]],
  ];
  return {
    order,
    size: [first.columns, first.rows, places.length],
    ijkToLps: [...row(0), ...row(1), ...row(2), 0, 0, 0, 1],
  };
}

const vector = (values: ArrayLike<number>): Vec3 => [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0];
