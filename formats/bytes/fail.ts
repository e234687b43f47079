import { SegmenterError } from "../../core/errors.ts";

/** The formats that `readImage` takes, as a user would write them. */
export const SUPPORTED = "DICOM, NIfTI (.nii, .nii.gz), NRRD, MHA, PNG, JPEG, WebP, TIFF";

export const malformed = (format: string, field: string, reason: string): SegmenterError =>
  new SegmenterError("MalformedFile", { format, field, reason });

export const unsupported = (found: string, supported = SUPPORTED): SegmenterError =>
  new SegmenterError("UnsupportedFormat", { found, supported });

export const tooLarge = (what: string, value: number, limit: number): SegmenterError =>
  new SegmenterError("TooLarge", { what, value, limit });

/**
 * Libraries throw strings, numbers (Emscripten pointers) and RangeErrors: whatever is not ours becomes MalformedFile.
 * The text of a foreign error stays in `cause`, since it may quote the file.
 */
export function asReadError(thrown: unknown, format: string, field: string): SegmenterError {
  if (thrown instanceof SegmenterError) return thrown;
  const detail = { format, field, reason: "It cannot be decoded." };
  return new SegmenterError("MalformedFile", detail, { cause: thrown });
}

/** Runs a library call and turns what it throws into one of our errors. */
export function guarded<T>(format: string, field: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw asReadError(thrown, format, field);
  }
}
