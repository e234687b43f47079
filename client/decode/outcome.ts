/** Failures as values: Comlink drops `code`, `detail` and `cause` of a thrown error. */
import { type PackedError, packError, unpackError } from "../../core/packed-error.ts";
import { BackendFailure } from "./lifeline.ts";

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: PackedError };

/** Runs inside the worker. */
export async function outcomeOf<T>(run: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (thrown) {
    return { ok: false, error: packError(thrown) };
  }
}

/** Runs on the page: throws again what the worker caught. An error of no code is the backend's fault, not the caller's. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw unpackError(outcome.error, (message) => new BackendFailure(message, false));
}
