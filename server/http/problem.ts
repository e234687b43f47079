/** Errors as answers: `application/problem+json` (RFC 9457) with a stable code, one status for each code. */
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { type ErrorCode, isSegmenterError, SegmenterError } from "../../core/errors.ts";
import type { Problem } from "../../core/wire/index.ts";

/** One status for each code; a code without a status does not compile. */
export const STATUS = {
  UnsupportedFormat: 415,
  MalformedFile: 422,
  TooLarge: 413,
  InvalidRequest: 400,
  NewerVersion: 422,
  InvalidPrompt: 422,
  UnknownTerm: 422,
  DoesNotFit: 422,
  CannotExport: 422,
  ImageNotFound: 404,
  SliceNotFound: 404,
  EmbeddingNotFound: 404,
  LogitsNotFound: 404,
  JobNotFound: 404,
  UnknownModel: 404,
  FileNotFound: 404,
  UnsupportedPrompt: 422,
  ModelMismatch: 412,
  ModelCorrupt: 503,
  NotAcceptable: 406,
  Saturated: 503,
  QuotaExceeded: 429,
  DeadlineExceeded: 504,
  Cancelled: 499,
  EncoderOutputInvalid: 500,
  EncoderCrashed: 503,
  DiskFull: 507,
  SeriesNotFound: 404,
  UnknownArchive: 404,
  NotInArchive: 404,
  ArchiveDenied: 403,
  ArchiveFailed: 502,
  ArchiveTimeout: 504,
  ShuttingDown: 503,
  ServerUnreachable: 502,
} as const satisfies Record<ErrorCode, number>;

/** What each code means, for people. */
export const SENTENCE = {
  UnsupportedFormat: "The bytes are no format this server reads.",
  MalformedFile: "The file breaks the rules of its own format.",
  TooLarge: "Something is larger than this server allows.",
  InvalidRequest: "The request does not have the documented form.",
  NewerVersion: "It was made by a later release and is kept as it is.",
  InvalidPrompt: "The prompt is impossible on this slice.",
  UnknownTerm: "The vocabulary does not know this term.",
  DoesNotFit: "The segments do not lie on this image.",
  CannotExport: "This result cannot be written in this format.",
  ImageNotFound: "No image has this id; upload it again.",
  SliceNotFound: "The image has no such slice in this plane.",
  EmbeddingNotFound: "No embedding has this id; ask for it again.",
  LogitsNotFound: "No earlier answer has this id; send the prompts without it.",
  JobNotFound: "No job has this id; the same request makes it again.",
  UnknownModel: "No model has this id.",
  FileNotFound: "No file has this name.",
  UnsupportedPrompt: "The model does not take this kind of prompt.",
  ModelMismatch: "The embedding belongs to another model.",
  ModelCorrupt: "A model file is not what its manifest says.",
  NotAcceptable: "None of the accepted media types can be given.",
  QuotaExceeded: "You have as much work waiting as one may; come back later.",
  Saturated: "The server is busy; come back later.",
  DeadlineExceeded: "The work took longer than its deadline.",
  Cancelled: "The request was cancelled.",
  EncoderOutputInvalid: "The encoder gave no usable result.",
  EncoderCrashed: "The inference process stopped.",
  DiskFull: "The server has no disk space left.",
  SeriesNotFound: "The server offers no such series; ask for the list again.",
  UnknownArchive: "No archive of this name is configured.",
  NotInArchive: "The archive has no such study or series.",
  ArchiveDenied: "The archive does not give this to the caller; sign in to it first.",
  ArchiveFailed: "The archive does not answer as it should.",
  ArchiveTimeout: "The archive is too slow.",
  ShuttingDown: "The server is stopping.",
  ServerUnreachable: "The server behind this one does not answer.",
} as const satisfies Record<ErrorCode, string>;

/** Fields in which a sender would read their own words; they stay out of the answer. */
const ECHOES: { readonly [C in ErrorCode]?: readonly string[] } = {
  FileNotFound: ["name"],
  UnknownModel: ["modelId"],
  UnknownTerm: ["text"],
  UnknownArchive: ["archive"],
};

/** Problems of HTTP itself, which no domain code throws. */
const HTTP = {
  400: ["InvalidRequest", "The body is not what its content type says, or the request is no HTTP."],
  401: ["Unauthorized", "Say who you are: a bearer token or an API key."],
  403: ["Forbidden", "This host or origin is not allowed."],
  404: ["NotFound", "No such route."],
  405: ["MethodNotAllowed", "The route does not take this method."],
  408: ["RequestTimeout", "The request took too long to arrive."],
  415: ["UnsupportedMediaType", "The route does not take this content type."],
  431: ["HeadersTooLarge", "The headers of the request are larger than this server allows."],
  416: ["RangeNotSatisfiable", "The range lies outside the representation."],
  500: ["InternalError", "The server made a mistake; it is logged under the request id."],
} as const;
export type HttpProblemStatus = keyof typeof HTTP;

interface ProblemParts {
  status: number;
  code: string;
  detail: string;
  info: Record<string, unknown>;
}

function problemResponse({ status, code, detail, info }: ProblemParts, requestId: string | undefined): Response {
  const body: Problem = {
    type: `urn:promptomy:problem:${code}`,
    title: code.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    status,
    code,
    detail,
    info,
    ...(requestId === undefined ? {} : { requestId }),
  };
  const headers = new Headers({ "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  if (typeof info.retryAfterS === "number")
    headers.set("Retry-After", String(Math.max(1, Math.ceil(info.retryAfterS))));
  return new Response(JSON.stringify(body), { status, headers });
}

/** A problem that HTTP itself causes: no such route, wrong method, wrong content type. */
export function httpProblem(
  status: HttpProblemStatus,
  requestId?: string,
  info: Record<string, unknown> = {},
): Response {
  const [code, detail] = HTTP[status];
  return problemResponse({ status, code, detail, info }, requestId);
}

/** The `application/problem+json` answer to anything thrown. What is unknown says nothing of its insides. */
export function problemOf(error: unknown, requestId?: string): Response {
  if (isSegmenterError(error)) {
    const { code, detail } = error;
    const info = Object.fromEntries(Object.entries(detail).filter(([name]) => !ECHOES[code]?.includes(name)));
    return problemResponse({ status: STATUS[code], code, detail: SENTENCE[code], info }, requestId);
  }
  if (error instanceof HTTPException && error.status in HTTP) {
    return httpProblem(error.status as HttpProblemStatus, requestId); // `in` does not narrow a number
  }
  return httpProblem(500, requestId);
}

/** The first thing a schema refused, with its place; names and values of the sender are not repeated. */
export function invalidRequest(error: z.core.$ZodError): SegmenterError<"InvalidRequest"> {
  const issue = deepest(error.issues);
  if (issue === undefined) return new SegmenterError("InvalidRequest", { reason: "invalid" });
  const reason = issue.code === "unrecognized_keys" ? "unknown key" : issue.message;
  const path = issue.path.map(String).join(".");
  return new SegmenterError("InvalidRequest", path === "" ? { reason } : { reason, path });
}

function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  return issues.toSorted((a, b) => b.path.length - a.path.length)[0];
}
