/** What a viewer and this package say to each other. No code here. */
import type { SliceGrid } from "../../core/image/slice.ts";
import type { Mat4, Plane, Vec3, VoxelArray, Window } from "../../core/image/volume.ts";
import type { Mask } from "../../core/mask/mask.ts";
import type { ImageInfo } from "../../core/wire/index.ts";

/** What the geometry needs of an image: its record, or a part of it. */
export type ImageGeometry = Pick<ImageInfo, "imageId" | "size" | "ijkToLps" | "planes" | "slicePositions">;

/** A place in the patient, as DICOM and Cornerstone3D have it: LPS millimetres. */
export interface LpsPoint {
  readonly space: "lps";
  readonly point: Vec3;
  /** Across the view that was clicked, either way; the plane of the series when left out. */
  readonly normal?: Vec3;
}

/** A place on the picture that is shown: one image, or a slice that the host knows by its number in our order. */
export interface ImagePoint {
  readonly space: "image";
  readonly x: number;
  readonly y: number;
  /** What whole numbers mean: the middle of a pixel (DICOM, Cornerstone3D), or its upper left corner (canvas, OpenSeadragon). */
  readonly pixel: "centre" | "edge";
  /** Default `native`. */
  readonly plane?: Plane;
  /** Default 0. */
  readonly slice?: number;
}

export type HostPoint = LpsPoint | ImagePoint;

type Label = "foreground" | "background";

/** A prompt where the host has it. The slice is that of its first point. */
export type HostPrompt =
  | { readonly kind: "point"; readonly at: HostPoint; readonly label?: Label }
  /** Two opposite corners. */
  | { readonly kind: "box"; readonly from: HostPoint; readonly to: HostPoint }
  | { readonly kind: "scribble"; readonly points: readonly HostPoint[]; readonly label?: Label }
  | { readonly kind: "lasso"; readonly points: readonly HostPoint[]; readonly label?: Label }
  /** A name, asked on the slice of a point. */
  | { readonly kind: "text"; readonly text: string; readonly at: HostPoint };

/** A pixel of a slice; fractions are kept. */
export interface SlicePixel {
  readonly plane: Plane;
  readonly slice: number;
  readonly x: number;
  readonly y: number;
}

/** Voxels that are in the page already. */
export interface VoxelSource {
  readonly voxels: VoxelArray;
  /** Of i, j and k; i is the fastest. */
  readonly size: Vec3;
  /** Voxel index → LPS mm, row-major. */
  readonly ijkToLps: Mat4;
  /** Modality value = voxel × slope + intercept. Default 1 and 0. */
  readonly rescale?: { readonly slope: number; readonly intercept: number };
  /** DICOM modality, `CT`; guessed from the values when left out. */
  readonly modality?: string;
}

/** A series of a DICOMweb archive, which this browser fetches and passes on. */
export interface DicomwebSource {
  /** Base of WADO-RS, `https://pacs.example.org/dicom-web`. */
  readonly url: string | URL;
  readonly study: string;
  readonly series: string;
  /** Credentials; `fetch` when left out. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** What is open in the viewer. */
export type ViewerSource =
  | { readonly imageId: string }
  | { readonly files: readonly Blob[] }
  | { readonly dicomweb: DicomwebSource }
  | VoxelSource;

/** A grid of voxels of the host: its labelmap, its drawing. `ijkToLps` is row-major. */
export interface TargetGrid {
  readonly size: Vec3;
  readonly ijkToLps: Mat4;
}

/** Where the pixels of a mask lie in a flat array of voxels: `offset + x · strideX + y · strideY`. */
export interface Strides {
  readonly offset: number;
  readonly strideX: number;
  readonly strideY: number;
}

/** A mask that knows where it lies. */
export interface PlacedMask extends Mask {
  readonly imageId: string;
  readonly plane: Plane;
  readonly slice: number;
  /** Pixel (x, y, 0, 1) → LPS mm, row-major 4×4. */
  readonly xyToLps: Mat4;
  /** The model's guess of its IoU; 0 for an empty mask that takes another back. */
  readonly predictedIou: number;
  /** The DICOM instance that the slice shows; only in the plane of the series. */
  readonly sopInstanceUid?: string;
  /**
   * Where its pixels lie in the host's voxels. Axes may be swapped and run the other way, but both grids must have the same
   * voxels: RangeError otherwise.
   */
  into(target: TargetGrid): Strides;
  /** Outlines along pixel edges in slice pixels, integer = pixel centre; `[outer, ...holes]` of each part. */
  contours(): readonly (readonly (readonly [x: number, y: number][])[])[];
}

/** One plane of an image. */
export type PlaneGrid = Pick<SliceGrid, "plane" | "width" | "height" | "count" | "xyToLps">;

/** What a viewer has to be able to do. */
export interface ViewerAdapter {
  /** What is open. Asked once, by `bind`. */
  source(): ViewerSource | Promise<ViewerSource>;
  /** The window that is shown, in modality values. The image's nearest one is encoded. */
  window?(): Window | undefined;
  /** Shows the mask of a segment on a slice, in place of the one that was there. An empty mask takes it away. */
  show(mask: PlacedMask, segment: number): void;
  /** A gesture is done and shown: for hosts with an undo history of their own. */
  gesture?(history: { undo(): Promise<boolean>; redo(): Promise<boolean> }): void;
  /** The binding ends. */
  close?(): void;
}
