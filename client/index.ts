/** The published package: a segmenter for the browser, and the values it speaks in. */
export { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError } from "../core/errors.ts";
export type { Mask, ScoredMask } from "../core/mask.ts";
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
} from "../core/prompt-log.ts";
export type { Digest } from "../core/store.ts";
export type { NamedWindow, Plane, Slice, Window } from "../core/volume.ts";
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
