/** What a lane is asked to do, and what becomes of it. */
import type { ChildHandle } from "./child-handle.ts";
import type { Slot } from "./slot.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From now to the answer, waiting included. */
  readonly deadlineMs?: number | undefined;
  /** Asked when a slot is free: work that nobody waits for lets the rest go first. */
  readonly background?: (() => boolean) | undefined;
}

export interface Work<Task, Result, Answer> {
  readonly run: (child: ChildHandle<Task, Result>) => Promise<Answer>;
  /** Names the input for the circuit breaker; without a name there is none. */
  readonly input?: string;
  /** Goes to the child that served the same affinity before, if that one is idle. */
  readonly affinity?: string;
  /** Longest run, where it is less than the lane's. */
  readonly runMs?: number;
  /** Memory that the child may take while it does this. */
  readonly residentBytes?: number;
}

export interface Finished<Answer> {
  readonly result: Answer;
  readonly waitMs: number;
  readonly ms: number;
}

/** A job of a lane from its arrival to its answer. */
export interface Job<Task, Result> {
  readonly work: Work<Task, Result, unknown>;
  readonly background: () => boolean;
  readonly queuedAt: number;
  resolve(finished: Finished<unknown>): void;
  reject(error: Error): void;
  attempts: number;
  /** Nobody waits for it any more. */
  gone: boolean;
  /** Set while it runs. */
  run?: Run<Task, Result>;
}

export interface Run<Task, Result> {
  readonly slot: Slot<Task, Result>;
  readonly startedAt: number;
  /** It has run for so long that it gave up its place to others. */
  yielded: boolean;
}

/** What one lane counts and shows. */
export interface LaneStats {
  readonly slots: number;
  /** Children that are loaded and wait for work. */
  readonly idle: number;
  readonly busy: number;
  readonly queued: number;
  readonly finished: number;
  readonly deaths: number;
  readonly kills: number;
  /** Median of the last runs; `undefined` before the first. */
  readonly typicalMs: number | undefined;
  readonly pids: readonly number[];
}
