/** The port that the three rungs of the ladder share. */
import type { Prompt } from "../../core/wire/index.ts";
import { raceSignal } from "../common/abort.ts";
import type { BackendName, Embedding, SegmentMask, SegmentOptions } from "../types.ts";

export type Masks = [best: SegmentMask, ...rest: SegmentMask[]];

export interface Backend {
  readonly name: BackendName;
  readonly threads: number;
  /** What it runs on, for the user. */
  readonly note: string;
  /** Milliseconds of the self-check. */
  readonly ms: number | undefined;
  /** Resolves with the cause when the backend can answer no more: device lost, worker crashed. Never rejects. */
  readonly lost: Promise<string>;
  /** Makes the first answer on a slice as fast as the next. */
  prepare(on: Embedding, signal?: AbortSignal): Promise<void>;
  /** The answer of `core/annotation/answer.ts`. Throws `BackendFailure` when another backend should try. */
  answer(on: Embedding, prompts: readonly Prompt[], options: SegmentOptions): Promise<{ masks: Masks; ms: number }>;
  close(): void;
}

/** One job after the other: a session cannot run twice at once. What is aborted while it waits never starts. */
export function serially(): <T>(job: () => Promise<T>, signal?: AbortSignal) => Promise<T> {
  let last: Promise<void> = Promise.resolve();
  return (job, signal) => {
    const turn = last.then(() => {
      signal?.throwIfAborted();
      return job();
    });
    last = turn.then(
      () => {},
      () => {},
    );
    return raceSignal(turn, signal);
  };
}
