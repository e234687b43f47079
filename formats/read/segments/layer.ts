/** What every file of segments becomes before it is laid on an image: numbers on a stack of parallel planes. */
import type { Code } from "../../../core/annotation/entries.ts";
import type { SegmentationHeader } from "../../../core/annotation/segmentation.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import type { Vec3 } from "../../../core/image/volume.ts";

/** The image that segments are laid on. */
export interface Target extends Omit<SegmentationHeader, "imageId"> {
  readonly frameOfReferenceUid?: string;
  /** `frameKey` of the DICOM frame that each slice shows. */
  readonly frames?: readonly string[];
}

export const frameKey = (sopInstanceUid: string, frame: number): string => `${sopInstanceUid}#${frame}`;

/** What a target says of its DICOM source. */
export const targetFrames = ({ frameOfReferenceUid, slices }: ImageSource): Partial<Target> => ({
  ...(frameOfReferenceUid && { frameOfReferenceUid }),
  frames: slices.map(({ sopInstanceUid, frame }) => frameKey(sopInstanceUid, frame)),
});

export interface LabelPlane {
  /** Centre of its first pixel, LPS mm; undefined where the file only names the frame that it lies on. */
  readonly position?: Vec3;
  /** `frameKey` of the frames that it was drawn on. */
  readonly frames?: readonly string[];
  /** Row-major; 0 is nothing. */
  readonly labels: Uint8Array | Uint16Array;
}

export interface LabelLayer {
  readonly columns: number;
  readonly rows: number;
  /** Steps of one pixel along a row and along a column, LPS mm. */
  readonly stepX: Vec3;
  readonly stepY: Vec3;
  /** Millimetres that one plane stands for, where the file says so. */
  readonly thickness?: number;
  readonly planes: readonly LabelPlane[];
}

export interface NamedSegment {
  readonly name: string;
  readonly code?: Code;
  /** `#rrggbb`. */
  readonly colour?: string;
  /** Where its voxels are: this number of this layer. */
  readonly layer: number;
  readonly number: number;
}

export interface LabelFile {
  readonly unit: "mm" | "px";
  readonly frameOfReferenceUid?: string;
  readonly layers: readonly LabelLayer[];
  readonly segments: readonly NamedSegment[];
  readonly warnings: readonly string[];
}
