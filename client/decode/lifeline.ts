/** Calls to something that can die: they reject when it does, instead of waiting for ever. */
import { deferred } from "../../core/deferred.ts";

/** The backend failed, not the request: the ladder answers with another backend. */
export class BackendFailure extends Error {
  /** True when the whole backend is gone, false when one call went wrong. */
  readonly lost: boolean;

  constructor(message: string, lost: boolean) {
    super(message);
    this.name = "BackendFailure";
    this.lost = lost;
  }
}

export interface Lifeline {
  /** The call's own result, or a `BackendFailure` when the line is cut or `timeoutMs` have passed. */
  guard<P extends Promise<unknown>>(call: P, timeoutMs: number): Promise<Awaited<P>>;
  /** Ends every guarded call, now and later. The first reason stays. */
  cut(reason: string): void;
  /** Resolves with the reason of the cut. */
  readonly ended: Promise<string>;
}

/** A `Promise.race` against one long-lived promise would keep every mask alive as long as the worker lives. */
export function createLifeline(): Lifeline {
  const waiting = new Set<(failure: BackendFailure) => void>();
  const { promise: ended, resolve: end } = deferred<string>();
  let failure: BackendFailure | undefined;

  return {
    ended,
    guard: (call, timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail(new BackendFailure(`no answer in ${timeoutMs / 1000} s`, true)), timeoutMs);
        const settle = () => {
          clearTimeout(timer);
          waiting.delete(fail);
        };
        const fail = (reason: unknown) => {
          settle();
          reject(reason);
        };
        if (failure) return fail(failure);
        waiting.add(fail);
        Promise.resolve(call).then((value) => {
          settle();
          resolve(value);
        }, fail);
      }),
    cut(reason) {
      failure ??= new BackendFailure(reason, true);
      end(failure.message);
      for (const fail of [...waiting]) fail(failure);
    },
  };
}
