/** What sets one lane apart from another. */
import { SegmenterError } from "../../core/errors.ts";
import type { LaneName, Observe } from "../ops/events.ts";
import type { ChildHandle } from "./child-handle.ts";
import type { Retirement } from "./slot.ts";

/** Lets long runs give way, so that a few of them never hold up the short ones. */
export interface Yielding {
  /** A run that takes longer gives up its place and its priority, and goes on beside the others. */
  readonly afterMs: number;
  /** Runs that may hold a place at the same time; the lane's other slots are for those that gave theirs up. */
  readonly places: number;
}

export interface LaneOptions<Task, Result> {
  readonly name: LaneName;
  readonly slots: number;
  /** Jobs that may wait. */
  readonly queue: number;
  /** Longest wait before the caller is told to come back later. */
  readonly waitMs: number;
  /** Longest run before the child is killed. */
  readonly runMs: number;
  readonly start: () => ChildHandle<Task, Result>;
  readonly observe?: Observe;
  /** Starts children when they are needed and ends them when they are not. */
  readonly retirement?: Retirement;
  readonly yielding?: Yielding;
  /** Children that are started beyond those needed as soon as there is work, so that the next job finds one. */
  readonly spare?: number;
  /** Bounds the memory of running children, all together; `what` names it in the error. */
  readonly memory?: { readonly totalBytes: number; readonly what: string };
  /** Children that a job may cost; 2 when left out. */
  readonly attempts?: number;
  /** The error of a run that took too long; DeadlineExceeded when left out. */
  readonly overdue?: (runMs: number) => SegmenterError;
  /** The error of a job whose children died; EncoderCrashed when left out. */
  readonly crashed?: () => SegmenterError;
}

/** Said by a server that stops: time for the next one to start. */
const RESTART_S = 5;

export const cancelled = (what: string): SegmenterError => new SegmenterError("Cancelled", { what });
export const shuttingDown = (): SegmenterError => new SegmenterError("ShuttingDown", { retryAfterS: RESTART_S });
export const defaultOverdue = (deadlineMs: number): SegmenterError =>
  new SegmenterError("DeadlineExceeded", { deadlineMs });
