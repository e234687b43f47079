/** Every error that a user can cause or meet, with what they need to mend it. `detail` is public: no patient data in it. */
export interface ErrorDetail {
  /** The bytes are no format we read. */
  UnsupportedFormat: { found: string; supported: string };
  /** A file of a known format that breaks its own rules; `field` is a DICOM tag or a header field. */
  MalformedFile: { format: string; field: string; reason: string };
  /** Declared or real size over a limit; checked by arithmetic before anything is allocated. */
  TooLarge: { what: string; value: number; limit: number };
  InvalidRequest: { reason: string; path?: string };
  /** Made by a later release of Promptomy; kept as it is. */
  NewerVersion: { what: string; version: number; supported: number };
  /** Valid JSON, impossible prompt (outside the slice, empty box, …). */
  InvalidPrompt: { index: number; reason: string };
  UnknownTerm: { text: string; suggestions: readonly string[] };
  /** Segments that do not lie on this image: another patient space, another size. */
  DoesNotFit: { reason: string };
  /** The format cannot hold this result, or the image lacks what it needs. */
  CannotExport: { format: string; reason: string };
  ImageNotFound: { imageId: string };
  SliceNotFound: { plane: string; slice: number; count: number };
  EmbeddingNotFound: { embeddingId: string };
  LogitsNotFound: { lowResLogitsId: string };
  /** Unknown, or forgotten since: the same request makes the same job again. */
  JobNotFound: { jobId: string };
  UnknownModel: { modelId: string };
  FileNotFound: { name: string };
  /** The model does not take this kind of prompt. */
  UnsupportedPrompt: { kind: string; modelId: string };
  /** Embedding of one model sent to the decoder of another. */
  ModelMismatch: { expected: string; got: string };
  /** A weight file whose bytes are not those of its manifest. */
  ModelCorrupt: { modelId: string; file: string; reason: string };
  NotAcceptable: { supported: string };
  /** The queue is full; come back after `retryAfterS`. */
  Saturated: { retryAfterS: number };
  /** This tenant has as much work waiting as one may; come back after `retryAfterS`. */
  QuotaExceeded: { retryAfterS: number };
  DeadlineExceeded: { deadlineMs: number };
  Cancelled: { what: string };
  /** The encoder gave NaN, zeros or a wrong shape; nothing of it is cached. */
  EncoderOutputInvalid: { reason: string };
  /** The process ended while it worked; another one is on its way. */
  EncoderCrashed: { attempts: number; retryAfterS: number };
  DiskFull: { what: string };
  /** The server's folder has no such series, or no such image in it. */
  SeriesNotFound: Record<string, never>;
  /** No archive of this name is configured. */
  UnknownArchive: { archive: string };
  /** The archive answers, and has no such study or series. */
  NotInArchive: { what: string };
  /** The archive wants another sign-in; `status` is its 401 or 403. */
  ArchiveDenied: { status: number };
  /** The archive does not answer, or not as DICOMweb says; `status` is 0 without an answer. */
  ArchiveFailed: { status: number; reason: string };
  /** The archive was slower than a limit. */
  ArchiveTimeout: { what: string; limitMs: number };
  ShuttingDown: { retryAfterS: number };
  /** No answer, or one that is not ours (a proxy's page); `status` is 0 without an answer, and `hint` says what may be wrong then. Raised by the client. */
  ServerUnreachable: { status: number; reason: string; hint?: string };
}

export type ErrorCode = keyof ErrorDetail;

export class SegmenterError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly detail: ErrorDetail[C];

  constructor(code: C, detail: ErrorDetail[C], options?: ErrorOptions) {
    super(`${code}: ${JSON.stringify(detail)}`, options);
    this.name = "SegmenterError";
    this.code = code;
    this.detail = detail;
  }
}

/** Narrows to one code, or to any of ours when `code` is left out. */
export function isSegmenterError<C extends ErrorCode>(error: unknown, code?: C): error is SegmenterError<C> {
  return error instanceof SegmenterError && (code === undefined || error.code === code);
}

/** Libraries throw strings and plain objects (dicom-parser does); normalise at every catch. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === "string" ? thrown : JSON.stringify(thrown));
}
