/** The published package: a segmenter for the browser, and the values it speaks in. */

export { type Chain, promptsOf, slicesOf } from "../core/annotation/chain.ts";
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
export type { Candidate } from "../core/annotation/slice-mask.ts";
export type { Digest } from "../core/digest.ts";
export { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError } from "../core/errors.ts";
export {
  affineRasToLps,
  axisOf,
  invert,
  lpsToRas,
  multiply,
  rasToLps,
  transformPoint,
} from "../core/image/geometry.ts";
export { type SliceRef, sliceKeyOf } from "../core/image/slice-ref.ts";
export type { Mat4, NamedWindow, Plane, Slice, Vec3, Window } from "../core/image/volume.ts";
export { type Contour, contourArea, traceContours } from "../core/mask/contours.ts";
export type { Mask, ScoredMask } from "../core/mask/mask.ts";
export { decodeRle, encodeRle, rleFromString, rleToString } from "../core/mask/rle.ts";
export type {
  ArchiveInfo,
  ArchiveSeriesList,
  ArchiveSeriesRef,
  ArchiveSeriesRequest,
  ArchiveStored,
  ArchiveStudies,
  ArchiveStudiesRequest,
  ArchiveThumbnailRequest,
  Crop,
  ExportOrder,
  ImageInfo,
  ImageReference,
  ImportResult,
  JobMask,
  JobPlace,
  JobState,
  ListedTerm,
  NameGuess,
  Prompt,
  PromptContext,
  PromptKind,
  Rle,
  SeriesImage,
  StudyEntry,
  TextPromptAnswer,
  Transform,
  VocabularyEntry,
  VolumeMeasurements,
} from "../core/wire/index.ts";
export type { LookTarget, PrefetchTarget, PropagateProgress, PropagateTarget } from "./common/job-types.ts";
export { createSegmenter } from "./segmenter.ts";
export type {
  BackendName,
  CallOptions,
  Embedding,
  EmbedTarget,
  ExportedFile,
  LocalOptions,
  ModelInfo,
  NameLooked,
  OpenOptions,
  SegmentationOptions,
  Segmenter,
  SegmenterOptions,
  SegmenterStatus,
  SegmentMask,
  SegmentOptions,
  Sources,
  Study,
} from "./types.ts";
