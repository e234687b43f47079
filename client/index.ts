/** The published package: a segmenter for the browser, and the values it speaks in. */

export { promptsOf, slicesOf } from "../core/annotation/chain.ts";
export type { EncodedRef, LogAction, LogEntry, MaskOrigin } from "../core/annotation/entries.ts";
export { type Covered, type Labelmap, labelmapOf, type Overlap } from "../core/annotation/labelmap.ts";
export {
  append,
  canRedo,
  canUndo,
  emptyLog,
  type LogSegment,
  nextNumber,
  type PromptLog,
  redo,
  replay,
  segmentsOf,
  undo,
} from "../core/annotation/log.ts";
export { parseLog, serialiseLog } from "../core/annotation/log-file.ts";
export type { Segment, Segmentation, SliceMask } from "../core/annotation/segmentation.ts";
export type { Digest } from "../core/digest.ts";
export { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError } from "../core/errors.ts";
export { type SliceRef, sliceKeyOf } from "../core/image/slice-ref.ts";
export type { NamedWindow, Plane, Slice, Window } from "../core/image/volume.ts";
export type { Mask, ScoredMask } from "../core/mask/mask.ts";
export type {
  Crop,
  ImageInfo,
  JobMask,
  JobState,
  ListedTerm,
  Prompt,
  PromptContext,
  PromptKind,
  Rle,
  Transform,
  VocabularyEntry,
  VolumeMeasurements,
} from "../core/wire/index.ts";
export { createSegmenter } from "./segmenter.ts";
export type {
  BackendName,
  CallOptions,
  Embedding,
  EmbedTarget,
  LocalOptions,
  ModelInfo,
  PrefetchTarget,
  PropagateProgress,
  PropagateTarget,
  SegmentationOptions,
  Segmenter,
  SegmenterOptions,
  SegmenterStatus,
  SegmentMask,
  SegmentOptions,
  Study,
} from "./types.ts";
