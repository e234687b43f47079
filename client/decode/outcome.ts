/** Failures as values: Comlink drops `code`, `detail` and `cause` of a thrown error. */
import { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { BackendFailure } from "./lifeline.ts";

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: ErrorDetail[ErrorCode] }
  /** Not the caller's fault: the backend itself failed. */
  | { readonly ok: false; readonly code: undefined; readonly message: string };

/** Runs inside the worker. */
export async function outcomeOf<T>(run: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (thrown) {
    if (isSegmenterError(thrown)) return { ok: false, code: thrown.code, detail: thrown.detail };
    return { ok: false, code: undefined, message: toError(thrown).message };
  }
}

/** Runs on the page: throws again what the worker caught. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw outcome.code === undefined
    ? new BackendFailure(outcome.message, false)
    : new SegmenterError(outcome.code, outcome.detail);
}
