/** The published package: a segmenter for the browser, and the values it speaks in. */

export {
  append,
  canRedo,
  canUndo,
  emptyLog,
  type LogEntry,
  type PromptLog,
  parseLog,
  promptsOf,
  redo,
  replay,
  type SliceRef,
  serialiseLog,
  sliceKeyOf,
  undo,
} from "../core/annotation/log.ts";
export type { Digest } from "../core/digest.ts";
export { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError } from "../core/errors.ts";
export type { NamedWindow, Plane, Slice, Window } from "../core/image/volume.ts";
export type { Mask, ScoredMask } from "../core/mask/mask.ts";
export type { Context, Crop, ImageInfo, Prompt, PromptKind, Rle, Transform } from "../core/wire/index.ts";
export { createSegmenter } from "./segmenter.ts";
export type {
  BackendName,
  CallOptions,
  Embedding,
  EmbedTarget,
  Segmenter,
  SegmenterOptions,
  SegmenterStatus,
  SegmentMask,
  SegmentOptions,
} from "./types.ts";
