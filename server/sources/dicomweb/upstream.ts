/**
 * HTTP to an archive, bounded in time and bytes. Only configured roots are asked: users name UIDs and never addresses, and
 * no address out of an answer is followed, neither a redirect nor a BulkDataURI.
 */
import { type LookupAddress, lookup } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { SegmenterError, toError } from "../../../core/errors.ts";
import type { Limits } from "../../ops/limits.ts";
import { createBreaker } from "../../processes/breaker.ts";

export interface UpstreamRequest {
  readonly url: string;
  readonly accept: string;
  readonly method?: "GET" | "POST";
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
  /** The caller's `Authorization`, as it came. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly type: string;
  /** The bytes as they come; must be read or `discard`ed. Throws ArchiveTimeout and ArchiveFailed. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface Upstream {
  /** Any answer of the archive with its status. Throws ArchiveTimeout and ArchiveFailed. */
  send(request: UpstreamRequest): Promise<UpstreamAnswer>;
  close(): void;
}

type UpstreamLimits = Pick<Limits, "archiveConnectMs" | "archiveFirstByteMs" | "archiveRequestMs" | "archiveRequests">;

/** An archive that fails this often within the window is left alone until the window has passed. */
const BREAKER = { limit: 8, windowMs: 10_000 };

/** Addresses of a cloud's metadata service: no archive lives there (169.254.169.254, fe80::/10). */
const NEVER = new BlockList();
NEVER.addSubnet("169.254.0.0", 16, "ipv4");
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addAddress("fd00:ec2::254", "ipv6");

export const failed = (reason: string, status = 0, cause?: unknown) =>
  new SegmenterError("ArchiveFailed", { status, reason }, { cause });

/** A client with connections of its own. */
export function createUpstream(limits: UpstreamLimits): Upstream {
  const options = { keepAlive: true, maxSockets: 2 * limits.archiveRequests, timeout: limits.archiveRequestMs };
  const agents = { "http:": new HttpAgent(options), "https:": new HttpsAgent(options) };
  const breaker = createBreaker(BREAKER);
  const lastFailure = new Map<string, unknown>();
  const remember = (origin: string, failure: unknown) => {
    breaker.record(origin);
    lastFailure.set(origin, failure);
  };
  return {
    async send(request) {
      const url = new URL(request.url);
      if (breaker.isOpen(url.origin)) throw lastFailure.get(url.origin); // it is left alone for a while
      try {
        const answer = await sendOnce(url, request, { agents, limits });
        if (answer.status >= 500) remember(url.origin, failed("it reports a fault of its own", answer.status));
        return answer;
      } catch (thrown) {
        if (!request.signal?.aborted) remember(url.origin, thrown);
        throw thrown;
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

interface Means {
  readonly agents: { readonly "http:": HttpAgent; readonly "https:": HttpsAgent };
  readonly limits: UpstreamLimits;
}

function sendOnce(url: URL, request: UpstreamRequest, { agents, limits }: Means): Promise<UpstreamAnswer> {
  const { method = "GET", body, signal } = request;
  const isHttps = url.protocol === "https:";
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(literal) && isForbidden(literal)) throw failed("its address is never asked");
  return new Promise((resolve, reject) => {
    let incoming: IncomingMessage | undefined;
    const stop = (error: Error) => (incoming ?? outgoing).destroy(error); // the request knows nothing of errors of its answer
    const late = (what: string, limitMs: number) => stop(new SegmenterError("ArchiveTimeout", { what, limitMs }));
    const agent = isHttps ? agents["https:"] : agents["http:"];
    const common = { method, headers: headersOf(request), agent, lookup: checkedLookup };
    const outgoing = (isHttps ? httpsRequest : httpRequest)(url, common);
    const timers = createTimers();
    timers.start("total", limits.archiveRequestMs, () => late("the answer", limits.archiveRequestMs));
    timers.start("connect", limits.archiveConnectMs, () => late("the connection", limits.archiveConnectMs));
    const connected = () => {
      timers.stop("connect");
      timers.start("first", limits.archiveFirstByteMs, () => late("the first byte", limits.archiveFirstByteMs));
    };
    const abort = () => stop(new SegmenterError("Cancelled", { what: "the request to the archive" }));
    signal?.addEventListener("abort", abort, { once: true });
    const settle = () => {
      timers.stopAll();
      signal?.removeEventListener("abort", abort);
    };
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) return connected();
      socket.once(isHttps ? "secureConnect" : "connect", connected);
    });
    outgoing.on("error", (error) => {
      settle();
      reject(asFailure(error));
    });
    outgoing.on("response", (response) => {
      incoming = response;
      timers.stop("first");
      response.once("close", settle);
      try {
        resolve(answerOf(response));
      } catch (thrown) {
        outgoing.destroy();
        reject(thrown);
      }
    });
    if (signal?.aborted) abort();
    else outgoing.end(body?.bytes);
  });
}

/** Nothing of the caller's headers goes up but the token, and that only where the configuration says so. */
function headersOf({ accept, body, token }: UpstreamRequest): Record<string, string> {
  return {
    Accept: accept,
    "Accept-Encoding": "identity",
    "User-Agent": "Promptomy",
    ...(token === undefined ? {} : { Authorization: token }),
    ...(body ? { "Content-Type": body.type, "Content-Length": String(body.bytes.byteLength) } : {}),
  };
}

function answerOf(response: IncomingMessage): UpstreamAnswer {
  const { statusCode: status = 0, headers } = response;
  if (status >= 300 && status < 400) throw failed("it answers with a redirect, which is not followed", status);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw failed("its answer is compressed, which was not asked for", status);
  return {
    status,
    type: headers["content-type"] ?? "",
    body: bytesOf(response),
    discard: () => response.destroy(),
  };
}

async function* bytesOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk;
  } catch (thrown) {
    throw asFailure(thrown);
  } finally {
    response.destroy();
  }
}

/** Messages of the network name hosts and addresses; only what happened is told. */
function asFailure(thrown: unknown): SegmenterError {
  if (thrown instanceof SegmenterError) return thrown;
  const error = toError(thrown);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (code === "ECONNREFUSED") return failed("it refuses the connection", 0, error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return failed("its host name is not known", 0, error);
  if (/CERT|SSL|TLS|SELF_SIGNED/.test(code)) return failed("its certificate is not trusted", 0, error);
  return failed("the connection broke", 0, error);
}

/** Resolves a name once and gives the connection the very addresses that were checked, so that they cannot change in between. */
const checkedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, "", 0);
    const allowed = addresses.filter(({ address }) => !isForbidden(address));
    const [first] = allowed;
    if (!first) return callback(failed("its address is never asked"), "", 0);
    if (options.all) callback(null, allowed);
    else callback(null, first.address, (first satisfies LookupAddress).family);
  });
};

function isForbidden(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return NEVER.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

function createTimers() {
  const running = new Map<string, NodeJS.Timeout>();
  const stop = (name: string) => {
    clearTimeout(running.get(name));
    running.delete(name);
  };
  return {
    start: (name: string, ms: number, run: () => void) => running.set(name, setTimeout(run, ms)),
    stop,
    stopAll: () => [...running.keys()].forEach(stop),
  };
}
