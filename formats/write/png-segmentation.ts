/** A segmentation as PNG files, one a slice: pixels are segment numbers in the segments' colours, or one mask a segment. */
import { type Covered, labelmapOf } from "../../core/annotation/labelmap.ts";
import { rgbOf, type Segment, type Segmentation, type SliceMask } from "../../core/annotation/segmentation.ts";
import { writeMaskPng, writePng } from "./raster/png.ts";
import { writeSidecars } from "./sidecar.ts";
import {
  type OverlapChoice,
  type SegmentationFile,
  segmentName,
  sliceName,
  type Write,
  type WriteOptions,
  type Written,
} from "./writer.ts";

const PNG = "image/png";

/** The slice that the options name. */
export const writePngSlice: Write = (segmentation, options) => {
  const masks = segmentation.masks.filter(
    ({ plane, slice }) => plane === options.slice?.plane && slice === options.slice.slice,
  );
  return writePngSlices({ ...segmentation, masks }, options);
};

/** Every slice that has a mask, of whatever plane. */
export const writePngSlices: Write = (segmentation, options) => {
  const slices = new Map<string, SliceMask[]>();
  for (const mask of segmentation.masks) slices.set(sliceName(mask), [...(slices.get(sliceName(mask)) ?? []), mask]);
  const written = [...slices].sort().map(([name, masks]) => sliceFiles({ ...segmentation, masks }, name, options));
  const covered = sumOf(written.flatMap((slice) => slice.covered));
  const sidecars = () => writeSidecars(segmentation, { stem: options.stem, overlap: options.overlap, covered });
  return { covered, files: () => [...written.flatMap(({ files }) => files()), ...sidecars()] };
};

function sliceFiles(segmentation: Segmentation, slice: string, { stem, overlap }: WriteOptions): Written {
  const { segments, masks } = segmentation;
  const name = `${stem}_${slice}`;
  if (overlap === "separate") return { covered: [], files: () => masks.map((mask) => maskFile(mask, segments, name)) };
  const { labels, covered, width, height } = sliceLabels(segmentation, overlap);
  const palette = labels instanceof Uint8Array ? { palette: paletteOf(segments) } : {};
  const bytes = () => writePng({ width, height, data: labels, ...palette });
  return { covered, files: () => [{ name: `${name}.png`, type: PNG, bytes: bytes() }] };
}

function maskFile({ segmentId, mask }: SliceMask, segments: readonly Segment[], name: string): SegmentationFile {
  const segment = segments.find(({ id }) => id === segmentId);
  const bytes = writeMaskPng(mask);
  return { name: `${name}_${segment ? segmentName(segment) : segmentId}.png`, type: PNG, bytes };
}

/** The masks of one slice as the labelmap of a volume that is this slice alone. */
function sliceLabels({ header, segments, masks }: Segmentation, overlap: Exclude<OverlapChoice, "separate">) {
  const { width, height } = masks[0]?.mask ?? { width: 0, height: 0 };
  const flat = { imageId: header.imageId, size: [width, height, 1] as const, ijkToLps: IDENTITY, unit: "px" as const };
  const alone = masks.map((mask) => ({ ...mask, plane: "native" as const, slice: 0 }));
  const found = labelmapOf({ header: flat, segments, masks: alone }, overlap === "4d" ? "smaller" : overlap);
  return { ...found, width, height };
}

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] as const;

function paletteOf(segments: readonly Segment[]): [number, number, number][] {
  const palette: [number, number, number][] = Array.from({ length: 256 }, () => [0, 0, 0]);
  for (const { number, colour } of segments) palette[number] = [...rgbOf(colour)];
  return palette;
}

/** Losses of the same pair of segments on several slices are one loss. */
function sumOf(covered: readonly Covered[]): readonly Covered[] {
  const pairs = new Map<string, Covered>();
  for (const { segmentId, by, voxels } of covered) {
    const key = JSON.stringify([segmentId, by]);
    pairs.set(key, { segmentId, by, voxels: voxels + (pairs.get(key)?.voxels ?? 0) });
  }
  return [...pairs.values()];
}
