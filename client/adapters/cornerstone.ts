/**
 * Cornerstone3D 5.x: stack and volume viewports. Masks are voxels of Cornerstone's own labelmap segmentation, and gestures
 * stand in its undo history. Its modules are arguments, so that a page has them once.
 *
 * @example
 * const binding = await bind(segmenter, cornerstoneAdapter({ core, tools, viewport, segmentationId }));
 * await binding.prompt({ kind: "point", at: cornerstonePoint(viewport, worldPoint) });
 */
import { isSegmenterError } from "../../core/errors.ts";
import type { Window } from "../../core/image/volume.ts";
import type { LpsPoint, ViewerAdapter, ViewerSource } from "../viewer/index.ts";
import { paint } from "../viewer/index.ts";
import {
  type CornerstoneCore,
  type LabelGrid,
  latticeOf,
  type Point3,
  voxelsOfStack,
  voxelsOfVolume,
} from "./cornerstone-voxels.ts";

/** What is used of `@cornerstonejs/tools`. */
export interface CornerstoneToolsModule {
  readonly segmentation: {
    readonly state: { getSegmentation(segmentationId: string): CornerstoneSegmentation | undefined };
    readonly triggerSegmentationEvents: {
      triggerSegmentationDataModified(segmentationId: string, slices?: number[]): void;
    };
  };
}

interface CornerstoneSegmentation {
  readonly representationData: {
    readonly Labelmap?: { readonly volumeId?: string; readonly imageIds?: string[] } | undefined;
  };
}

/** What is used of a viewport. */
export interface CornerstoneViewport {
  getCamera(): { readonly viewPlaneNormal?: Point3 | undefined };
  getProperties():
    | { readonly voiRange?: { readonly lower: number; readonly upper: number } | undefined }
    | null
    | undefined;
  getImageIds(): string[];
  /** Only volume viewports have one. */
  getVolumeId?(): string | undefined;
}

export interface CornerstoneOptions {
  readonly core: CornerstoneCore;
  readonly tools: CornerstoneToolsModule;
  readonly viewport: CornerstoneViewport;
  /** A labelmap segmentation that is shown in the viewport. */
  readonly segmentationId: string;
  /** DICOM modality; what the image's metadata say when left out. */
  readonly modality?: string;
  /** What is open, when the server can have it without the voxels of this page: a series of an archive, an image that is there. */
  readonly source?: ViewerSource;
}

/** A world point of a viewport, with the direction of its view. */
export function cornerstonePoint(viewport: Pick<CornerstoneViewport, "getCamera">, point: Point3): LpsPoint {
  const { viewPlaneNormal: normal } = viewport.getCamera();
  return { space: "lps", point, ...(normal ? { normal } : {}) };
}

/** Prompts in a viewport; masks in a labelmap segmentation, segment 1 with index 1. */
export function cornerstoneAdapter(options: CornerstoneOptions): ViewerAdapter {
  const { core, tools, viewport, segmentationId, modality } = options;
  let grid: (LabelGrid & { readonly volumeId: string | undefined }) | undefined;
  return {
    source: () => options.source ?? sourceOf(core, viewport, modality),
    window: () => windowOf(viewport),
    show(mask, segment) {
      const labelmap = labelmapOf(tools, segmentationId);
      // A labelmap of a stack becomes one of a volume when such a viewport shows it, in an order of its own.
      if (!grid || grid.volumeId !== labelmap.volumeId)
        grid = { ...latticeOf(core, labelmap), volumeId: labelmap.volumeId };
      if (paint(mask, grid, segment) === 0) return;
      const slices = grid.written();
      tools.segmentation.triggerSegmentationEvents.triggerSegmentationDataModified(segmentationId, slices);
    },
    gesture({ undo, redo }) {
      core.utilities.HistoryMemo.DefaultHistoryMemo.push({
        restoreMemo: (isUndo = true) => void (isUndo ? undo() : redo()).catch(unlessClosed),
        operationType: "promptomy",
      });
    },
  };
}

/** The history outlives a binding: what a closed one did is not taken back. */
function unlessClosed(thrown: unknown): void {
  if (!isSegmenterError(thrown, "Cancelled")) reportError(thrown);
}

function labelmapOf({ segmentation }: CornerstoneToolsModule, id: string): { volumeId?: string; imageIds?: string[] } {
  const data = segmentation.state.getSegmentation(id)?.representationData.Labelmap;
  if (!data) throw new RangeError(`Expected a labelmap segmentation "${id}", got none.`);
  return data;
}

function sourceOf(core: CornerstoneCore, viewport: CornerstoneViewport, modality: string | undefined) {
  const volumeId = viewport.getVolumeId?.();
  const volume = volumeId === undefined ? undefined : core.cache.getVolume(volumeId);
  // A volume has zeros where its images are still to come.
  const isWhole = volume && volume.loadStatus?.loaded !== false;
  return isWhole ? voxelsOfVolume(volume, modality) : voxelsOfStack(core, viewport.getImageIds(), modality);
}

/** DICOM's LINEAR window of a ramp from `lower` to `upper`; half-pixel centres come of it, and are snapped. */
function windowOf(viewport: CornerstoneViewport): Window | undefined {
  const range = viewport.getProperties()?.voiRange;
  if (!range || !(range.upper > range.lower)) return undefined;
  return { center: (range.lower + range.upper + 1) / 2, width: range.upper - range.lower + 1 };
}
