/** HTTP to the server: one place that knows addresses, problem documents and the injected `fetch`. */
import { type ErrorCode, type ErrorDetail, SegmenterError, toError } from "../../core/errors.ts";

export type Fetch = (request: Request) => Promise<Response>;

export interface Transport {
  /** The successful answer; every failure is a `SegmenterError` or the signal's reason. */
  send(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, init?: RequestInit): Promise<T>;
  bytes(path: string, init?: RequestInit): Promise<Uint8Array<ArrayBuffer>>;
}

/** Requests relative to `server`, which may have a path of its own. */
export function createTransport(
  server: string | URL,
  fetch: Fetch = (request) => globalThis.fetch(request),
): Transport {
  const base = addressOf(server);

  const send = async (path: string, init?: RequestInit): Promise<Response> => {
    init?.signal?.throwIfAborted();
    const response = await fetch(new Request(new URL(path, base), init)).catch(
      unreachable(init?.signal, hintFor(base)),
    );
    if (!response.ok) throw await problemOf(response);
    return response;
  };

  return {
    send,
    // The server is ours and validates what it sends; parsing again here would put zod into every bundle.
    json: async <T>(path: string, init?: RequestInit) => {
      const response = await send(path, init);
      return jsonOf<T>(response, base).catch(unreachable(init?.signal));
    },
    bytes: async (path, init) => {
      const response = await send(path, init);
      return new Uint8Array(await response.arrayBuffer().catch(unreachable(init?.signal)));
    },
  };
}

/** With the page's own address in front of one that is relative; relative ones need a page. Throws RangeError. */
function addressOf(server: string | URL): URL {
  const page = globalThis.location?.href;
  const base = URL.canParse(server, page) ? new URL(server, page) : undefined;
  if (!base || !/^https?:$/.test(base.protocol))
    throw new RangeError(
      `createSegmenter expects the address of a server, as "http://127.0.0.1:8080", got "${server}".`,
    );
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

/** Development servers and catch-all routes answer everything with a page. Throws ServerUnreachable. */
export async function jsonOf<T>(response: Response, asked: URL): Promise<T> {
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) return response.json();
  await response.body?.cancel();
  const hint = `Is ${asked.href} the right address? Something else than Promptomy answers there.`;
  throw new SegmenterError("ServerUnreachable", { status: response.status, reason: "got a web page", hint });
}

/** A connection that fails before or in the middle of an answer; an abort stays an abort. */
const unreachable =
  (signal: AbortSignal | null | undefined, hint?: string) =>
  (thrown: unknown): never => {
    signal?.throwIfAborted();
    if (thrown instanceof SegmenterError) throw thrown;
    const detail = { status: 0, reason: toError(thrown).message, ...(hint === undefined ? {} : { hint }) };
    throw new SegmenterError("ServerUnreachable", detail, { cause: thrown });
  };

/** Why a browser may not get through; it tells scripts no reason itself. */
function hintFor({ protocol, origin }: URL): string {
  const page = globalThis.location;
  if (page?.protocol === "https:" && protocol === "http:")
    return `A page on https may not ask ${origin}: serve it on https.`;
  if (page && page.origin !== origin)
    return `Is the server at ${origin} up, and does it allow pages of ${page.origin} (promptomy serve --cors ${page.origin})?`;
  return `Is the server at ${origin} up?`;
}

/** A POST with a JSON body. */
export function jsonBody(value: unknown, signal?: AbortSignal): RequestInit {
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
  return withSignal(init, signal);
}

/** `exactOptionalPropertyTypes` forbids `signal: undefined`. */
export function withSignal(init: RequestInit, signal?: AbortSignal): RequestInit {
  return signal ? { ...init, signal } : init;
}

/** RFC 9457 → the error the server raised; anything else is a server that is not ours, or a fault of the transport. */
async function problemOf(response: Response): Promise<SegmenterError> {
  const body: unknown = response.headers.get("Content-Type")?.startsWith("application/problem+json")
    ? await response.json().catch(() => undefined)
    : undefined;
  return failureOf(body, response);
}

/** The error that a body tells of; one that is not ours is a fault of the transport. */
export function failureOf(
  body: unknown,
  { status, statusText }: Pick<Response, "status" | "statusText">,
): SegmenterError {
  if (isProblem(body)) return new SegmenterError(body.code, body.info);
  return new SegmenterError("ServerUnreachable", { status, reason: hasCode(body) ? body.code : statusText });
}

/** Every code of ours; a new one that is left out does not compile. */
const CODES = {
  UnsupportedFormat: true,
  MalformedFile: true,
  TooLarge: true,
  InvalidRequest: true,
  NewerVersion: true,
  InvalidPrompt: true,
  UnknownTerm: true,
  DoesNotFit: true,
  CannotExport: true,
  ImageNotFound: true,
  SliceNotFound: true,
  EmbeddingNotFound: true,
  LogitsNotFound: true,
  JobNotFound: true,
  UnknownModel: true,
  FileNotFound: true,
  UnsupportedPrompt: true,
  ModelMismatch: true,
  ModelCorrupt: true,
  NotAcceptable: true,
  Saturated: true,
  QuotaExceeded: true,
  DeadlineExceeded: true,
  Cancelled: true,
  EncoderOutputInvalid: true,
  EncoderCrashed: true,
  DiskFull: true,
  SeriesNotFound: true,
  UnknownArchive: true,
  NotInArchive: true,
  ArchiveDenied: true,
  ArchiveFailed: true,
  ArchiveTimeout: true,
  ShuttingDown: true,
  ServerUnreachable: true,
} as const satisfies Record<ErrorCode, true>;

interface ProblemBody {
  readonly code: ErrorCode;
  readonly info: ErrorDetail[ErrorCode];
}

const hasCode = (body: unknown): body is { code: string } =>
  typeof body === "object" && body !== null && "code" in body && typeof body.code === "string";

const isProblem = (body: unknown): body is ProblemBody =>
  hasCode(body) && body.code in CODES && "info" in body && typeof body.info === "object" && body.info !== null;
