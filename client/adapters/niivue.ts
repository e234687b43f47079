/**
 * NiiVue 0.69: its volume goes to the server as it is, masks come into its drawing, in all planes and in the 3D render.
 *
 * @example
 * const binding = await bind(segmenter, niivueAdapter(nv));
 * nv.onLocationChange = (location) => binding.prompt({ kind: "point", at: niivuePoint(location) });
 */
import { affineRasToLps, rasToLps } from "../../core/image/geometry.ts";
import type { Vec3, VoxelArray, Window } from "../../core/image/volume.ts";
import type { LpsPoint, PlacedMask, ViewerAdapter, ViewerSource } from "../viewer/index.ts";
import { paint } from "../viewer/index.ts";

/** What is used of a `Niivue`. */
export interface NiivueLike {
  readonly volumes: readonly NiivueVolume[];
  /** One byte a voxel, in the order of RAS. */
  drawBitmap: Uint8Array | null;
  createEmptyDrawing(): void;
  drawAddUndoBitmap(fillOverwrites?: boolean): void;
  refreshDrawing(isForceRedraw?: boolean): void;
}

/** What is used of an `NVImage`. */
export interface NiivueVolume {
  readonly hdr: {
    readonly dims: readonly number[];
    /** Voxel → RAS mm, by rows. */
    readonly affine: readonly (readonly number[])[];
    readonly scl_slope: number;
    readonly scl_inter: number;
  } | null;
  readonly img?: (ArrayLike<number> & { readonly buffer: ArrayBufferLike }) | undefined;
  readonly cal_min?: number | undefined;
  readonly cal_max?: number | undefined;
  /** [count, i, j, k] of the drawing. */
  readonly dimsRAS?: readonly number[] | undefined;
  /** Voxel of the drawing → RAS mm, by rows. */
  readonly matRAS?: ArrayLike<number> | undefined;
}

export interface NiivueOptions {
  /** DICOM modality; guessed from the values when left out. */
  readonly modality?: string;
  /** What is open, when the server can have it otherwise: the files that NiiVue was given, or an image that is there. */
  readonly source?: ViewerSource;
}

/** What `onLocationChange` and `onMouseUp` tell. */
export interface NiivueLocation {
  /** RAS. */
  readonly mm: ArrayLike<number>;
  /** 0 axial, 1 coronal, 2 sagittal; others are no slice. */
  readonly axCorSag?: number;
}

const NORMALS: readonly Vec3[] = [
  [0, 0, 1],
  [0, 1, 0],
  [1, 0, 0],
];

/** A place of NiiVue as a place of a prompt. Its crosshair may stand between two slices: `nearestSlice` says which is meant. */
export function niivuePoint({ mm, axCorSag }: NiivueLocation): LpsPoint {
  const normal = NORMALS[axCorSag ?? -1];
  const point = rasToLps([mm[0] ?? 0, mm[1] ?? 0, mm[2] ?? 0]);
  return { space: "lps", point, ...(normal ? { normal } : {}) };
}

/** Prompts on the first volume of a NiiVue; masks in its drawing, segment 1 with pen value 1. */
export function niivueAdapter(nv: NiivueLike, options: NiivueOptions = {}): ViewerAdapter {
  const volume = () => {
    const [first] = nv.volumes;
    if (!first?.hdr || !first.img) throw new RangeError("Expected a NiiVue with a volume, got none.");
    const { hdr, img, cal_min, cal_max, dimsRAS, matRAS } = first;
    return { hdr, img, cal_min, cal_max, dimsRAS, matRAS };
  };
  return {
    source: () => options.source ?? sourceOf(volume(), options.modality),
    window: () => windowOf(volume()),
    show(mask, segment) {
      if (!nv.drawBitmap) nv.createEmptyDrawing();
      if (!nv.drawBitmap) throw new RangeError("Expected NiiVue to make a drawing, got none.");
      write(mask, nv.drawBitmap, segment, volume());
      nv.drawAddUndoBitmap(); // with `false` NiiVue would bring back what has just been erased
      nv.refreshDrawing(true);
    },
  };
}

type Loaded = NiivueVolume & {
  readonly hdr: NonNullable<NiivueVolume["hdr"]>;
  readonly img: NonNullable<NiivueVolume["img"]>;
};

/** Of a series in time the first volume. */
function sourceOf({ hdr, img }: Loaded, modality: string | undefined): ViewerSource {
  const [, i = 1, j = 1, k = 1] = hdr.dims;
  const voxels = img as VoxelArray; // NiiVue keeps typed arrays of these kinds
  const rescale = { slope: hdr.scl_slope || 1, intercept: hdr.scl_inter || 0 };
  return {
    voxels: voxels.subarray(0, i * j * k),
    size: [i, j, k],
    ijkToLps: affineRasToLps(hdr.affine.flat()),
    rescale,
    ...(modality === undefined ? {} : { modality }),
  };
}

/** DICOM's LINEAR window of a ramp from `cal_min` to `cal_max`. */
function windowOf({ cal_min: low, cal_max: high }: NiivueVolume): Window | undefined {
  if (low === undefined || high === undefined || !(high > low)) return undefined;
  return { center: (low + high + 1) / 2, width: high - low + 1 };
}

function write(mask: PlacedMask, voxels: Uint8Array, segment: number, { dimsRAS, matRAS }: NiivueVolume): void {
  const [, i = 0, j = 0, k = 0] = dimsRAS ?? [];
  paint(mask, { size: [i, j, k], ijkToLps: affineRasToLps(Array.from(matRAS ?? [])), voxels }, segment);
}
