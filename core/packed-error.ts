/** Errors on their way between processes or workers: structured clone and Comlink both drop class, code and detail. */
import { type ErrorCode, type ErrorDetail, isSegmenterError, SegmenterError, toError } from "./errors.ts";

/** An error as plain data. `known` is left out when it was none of ours. */
export interface PackedError {
  readonly message: string;
  /** Where it was thrown; kept for errors that are none of ours, because those are mistakes to be found. */
  readonly stack?: string | undefined;
  readonly known?: { readonly code: ErrorCode; readonly detail: ErrorDetail[ErrorCode] };
}

/** Anything thrown, ready to cross. */
export function packError(thrown: unknown): PackedError {
  const error = toError(thrown);
  if (!isSegmenterError(error)) return { message: error.message, stack: error.stack };
  return { message: error.message, known: { code: error.code, detail: error.detail } };
}

/** The same error on the other side; `unknown` makes the one that stands for an error of no code. */
export function unpackError(
  { message, stack, known }: PackedError,
  unknown: (message: string) => Error = (text) => new Error(text),
): Error {
  if (known) return new SegmenterError(known.code, known.detail);
  const error = unknown(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
