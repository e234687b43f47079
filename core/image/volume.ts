/** The image as the whole product sees it: a grid of stored values with its place in the patient. */
import type { Crop } from "../wire/embedding.ts";
import type { ImageSource } from "./source.ts";

export type Vec3 = readonly [number, number, number];

/** 4×4, row-major, last row 0 0 0 1. Multiplies column vectors `[i, j, k, 1]`. */
export type Mat4 = readonly number[];

export type VoxelArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** VOI window in modality units (HU for CT), DICOM PS3.3 C.11.2. UIs that say *level* mean `center`. */
export interface Window {
  readonly center: number;
  readonly width: number;
}

/** A display curve that is no ramp (VOI LUT, SIGMOID): greys 0 to 255, evenly spaced over modality values. */
export interface VoiCurve {
  readonly from: number;
  readonly to: number;
  readonly greys: readonly number[];
}

export interface NamedWindow extends Window {
  readonly name: string;
  /** Shown in place of the ramp, of which `center` and `width` are the nearest. */
  readonly curve?: VoiCurve | undefined;
}

export const PLANES = ["native", "axial", "coronal", "sagittal"] as const;
export type Plane = (typeof PLANES)[number];

export interface Volume {
  /** Columns, rows, slices. A plain image has one slice. */
  readonly size: Vec3;
  /** 1 = grey; 3 = interleaved RGB in a Uint8Array. */
  readonly channels: 1 | 3;
  /** Stored values; channels innermost, then i, j, k. Length = i·j·k·channels. */
  readonly data: VoxelArray;
  /** Modality value = stored × slope + intercept (HU for CT). 1 and 0 where the file says nothing. */
  readonly rescale: { readonly slope: number; readonly intercept: number };
  /** Voxel index → patient LPS. Millimetres when `unit` is "mm"; for images without geometry the identity in pixels. */
  readonly ijkToLps: Mat4;
  readonly unit: "mm" | "px";
  /**
   * Centre of the first pixel of each slice, LPS mm, where the slices are not evenly spaced: an uneven stack, or frames in
   * time at one position. Then the third column of `ijkToLps` is only their usual step. Absent for an even stack.
   */
  readonly slicePositions?: readonly Vec3[];
  /** DICOM modality code: CT, MR, US, CR, DX, OP, ES, SM, PT…; "OT" when unknown. */
  readonly modality: string;
  /** True for MONOCHROME1: low values are shown bright. */
  readonly inverted: boolean;
  /** Windows that the file itself proposes, in its order. */
  readonly windows: readonly NamedWindow[];
  /** The window that the file gives each slice k, where they differ; then `windows` are those of the middle slice. */
  readonly sliceWindows?: readonly Window[];
  /** What the reader had to assume, in sentences without patient data. */
  readonly warnings: readonly string[];
  /** Where a DICOM image came from; absent for other formats. Patient data: see `source.ts`. */
  readonly source?: ImageSource;
}

/** One slice. Row 0 is the top row as displayed; see `docs/coordinates.md`. */
export interface Slice {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: VoxelArray;
  readonly rescale: { readonly slope: number; readonly intercept: number };
  readonly inverted: boolean;
  /** Windows of the file that are curves. */
  readonly curves?: readonly NamedWindow[];
  /** Pixel pitch along x and y; `undefined` when the file has no geometry. */
  readonly spacingMm: readonly [number, number] | undefined;
  /** Pixel (x, y, 0) → LPS. */
  readonly xyToLps: Mat4;
  /** Says that this is not the whole slice, or not at its own level of detail. */
  readonly part?: SlicePart;
}

/** What to cut out of a slice. */
export interface PartRequest {
  /** Half-open, in pixels of the slice. */
  readonly region: Crop;
  /** Each pixel of the part is the mean of 2^level × 2^level pixels, of fewer at the region's right and lower edge. */
  readonly level: number;
}

/** What a part was cut out of. */
export interface SlicePart extends PartRequest {
  readonly whole: Pick<Slice, "width" | "height" | "spacingMm">;
}
