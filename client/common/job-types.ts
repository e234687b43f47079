/** What is asked of many slices at once. Shapes alone, as in `types.ts`. */
import type { Digest } from "../../core/digest.ts";
import type { SliceRef } from "../../core/image/slice-ref.ts";
import type { Plane, Window } from "../../core/image/volume.ts";
import type {
  JobMask,
  JobPlace,
  JobState,
  Prompt,
  PromptContext,
  Rle,
  VolumeMeasurements,
} from "../../core/wire/index.ts";

/** Slices to make ready ahead of a user who scrolls. */
export interface PrefetchTarget extends SliceRef {
  /** −1 and 1 go one way, 0 both. */
  readonly direction?: -1 | 0 | 1;
  /** At most 64. */
  readonly count?: number;
  readonly window?: Window | null;
}

/** Slices to look at. */
export interface LookTarget {
  readonly imageId: string;
  /** Default `native`. */
  readonly plane?: Plane;
  /** Default: the image's first window. */
  readonly window?: Window | null;
  /** First and last slice that may be filled. */
  readonly from: number;
  readonly to: number;
  readonly context?: PromptContext;
}

/** One segment through a stack of slices, from what is settled on some of them. */
export interface PropagateTarget extends LookTarget {
  /** Prompts by slice, or masks that are settled as they are; or both. Such a slice is never changed. */
  readonly prompts?: { slice: number; prompts: Prompt[] }[];
  readonly masks?: { slice: number; rle: Rle }[];
}

/** A volume job as it goes on. */
export interface PropagateProgress {
  /** Of the request: the same request is the same job. */
  readonly jobId: Digest;
  readonly state: JobState;
  /** Slices looked at, and at most to look at. */
  readonly done: number;
  readonly total: number;
  /** Masks that are new since the last time, those of the settled slices included. */
  readonly masks: readonly JobMask[];
  /** Slices on which a structure was looked for since the last time; with `locate` alone. */
  readonly where: readonly JobPlace[];
  /** Of all masks; with the last progress alone. */
  readonly measurements?: VolumeMeasurements | undefined;
}
