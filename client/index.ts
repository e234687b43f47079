/** The published package: a segmenter for the browser, and the values it speaks in. */
export { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError } from "../core/errors.ts";
export type { Mask, ScoredMask } from "../core/mask.ts";
export type { Digest } from "../core/store.ts";
export type { NamedWindow, Plane, Slice, Window } from "../core/volume.ts";
export type { Context, Crop, ImageInfo, Prompt, PromptKind, Rle, Transform } from "../core/wire/index.ts";
export { createSegmenter } from "./segmenter.ts";
export type {
  BackendName,
  CallOptions,
  Embedding,
  Segmenter,
  SegmenterOptions,
  SegmenterStatus,
  SegmentMask,
  SegmentOptions,
  SliceRef,
} from "./types.ts";
