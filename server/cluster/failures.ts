/** Declared errors on their way through the queue, which carries only a text. */
import { type ErrorCode, isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";

/** What an encode may fail with. */
const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  ...(["ImageNotFound", "SliceNotFound", "UnknownModel", "ModelCorrupt", "ModelMismatch", "InvalidRequest"] as const),
  ...(["EncoderOutputInvalid", "EncoderCrashed", "Saturated", "DeadlineExceeded", "ShuttingDown"] as const),
]);

/** An error whose text `failureOf` reads. */
export function asFailure(thrown: unknown): Error {
  return isSegmenterError(thrown) ? new Error(JSON.stringify([thrown.code, thrown.detail])) : toError(thrown);
}

/** The error that a worker had, or what was thrown where that was none of ours. */
export function failureOf(thrown: unknown): Error {
  const error = toError(thrown);
  try {
    const [code, detail] = JSON.parse(error.message);
    return CODES.has(code) ? new SegmenterError(code, detail) : error;
  } catch {
    // BullMQ tells these two by their words alone.
    if (/stalled more than allowable/.test(error.message))
      return new SegmenterError("EncoderCrashed", { attempts: STALLS + 1, retryAfterS: 5 }, { cause: error });
    if (/timed out before finishing/.test(error.message))
      return new SegmenterError("Saturated", { retryAfterS: 10 }, { cause: error });
    return error;
  }
}

/** Workers that a job may cost before it is given up. */
export const STALLS = 2;
