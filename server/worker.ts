/**
 * The edge on Cloudflare Workers: the page as assets, tensors and model files from R2 under their content ids, one encode per slice by
 * a Durable Object, all else passed to an origin. It holds no state of its own and decides nothing about images.
 */
import { SegmenterError } from "../core/errors.ts";
import { securityHeaderList } from "./http/middleware/headers.ts";
import { httpProblem, problemOf } from "./http/problem.ts";
import { type Immutable, immutableAnswer } from "./http/routes/immutable.ts";

interface Bucket {
  head(key: string): Promise<{ size: number } | null>;
  get(key: string, options: { range: { offset: number; length: number } }): Promise<{ body: ReadableStream } | null>;
  put(key: string, body: ArrayBuffer, options: { httpMetadata: { contentType: string } }): Promise<unknown>;
}

interface Fetching {
  fetch(request: Request): Promise<Response>;
}

interface Env {
  /** Addresses of origins with commas between. */
  readonly ORIGINS: string;
  readonly ASSETS: Fetching;
  readonly CACHE: Bucket;
  readonly FLIGHTS: { idFromName(name: string): unknown; get(id: unknown): Fetching };
  /** How often one address may ask for work. */
  readonly RATE: { limit(options: { key: string }): Promise<{ success: boolean }> };
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

const EMBEDDING = /^\/v1\/embeddings\/(sha256:[0-9a-f]{64})$/;
const MODEL_FILE = /^\/v1\/models\/[\w.-]+\/files\/[\w./-]+$/;
const ENCODE = /^\/v1\/images\/sha256:[0-9a-f]{64}\/embeddings$/;
const API = /^\/(?:v[12]\/|livez$|readyz$|metrics$|docs|openapi\.json$)/;
/** Precisions that an origin gives; what else is asked for goes to it. */
const MEDIA = /^application\/vnd\.promptomy\.embedding\+(f32|f16|i8)$/;
const DEFAULT_MEDIA = "application/vnd.promptomy.embedding+i8";
/** Of a question in JSON: an origin reads no longer one, but for exports. */
const QUESTION_BYTES = 2 ** 20;
const RETRY_AFTER_S = 5;
/** The period of `RATE`. */
const RATE_S = 60;

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!API.test(pathname)) return page(request, env);
    const reads = request.method === "GET" || request.method === "HEAD";
    if (!reads && !(await isAllowed(request, env)))
      return problemOf(new SegmenterError("QuotaExceeded", { retryAfterS: RATE_S }));
    const signedIn = request.headers.has("authorization"); // whose data it is only the origin knows
    const id = EMBEDDING.exec(pathname)?.[1];
    if (id && reads && !signedIn) return embedding(id, request, env, context);
    if (MODEL_FILE.test(pathname) && reads && !signedIn) return modelFile(request, env, context);
    if (ENCODE.test(pathname) && isQuestion(request) && !signedIn) return encodeOnce(request, env);
    return passOn(request, env);
  },
};

/** A file of the page; one that is too large to be an asset comes from an origin. */
async function page(request: Request, env: Env): Promise<Response> {
  const asset = await env.ASSETS.fetch(request);
  if (asset.status === 404) return passOn(request, env);
  const answer = new Response(asset.body, asset);
  for (const [name, value] of securityHeaderList()) answer.headers.set(name, value);
  return answer;
}

/** Those who sign in have a quota of their own at the origin, and count here too. */
async function isAllowed(request: Request, { RATE }: Env): Promise<boolean> {
  const { success } = await RATE.limit({ key: request.headers.get("cf-connecting-ip") ?? "" });
  return success;
}

/** The id names the bytes at each precision. */
function embedding(id: string, request: Request, env: Env, context: Context): Promise<Response> {
  const accept = request.headers.get("accept") ?? "";
  const type = MEDIA.test(accept) ? accept : DEFAULT_MEDIA;
  const etag = `${id.slice(7)}-${MEDIA.exec(type)?.[1]}`;
  return kept(
    `embeddings/${etag}`,
    { etag, type, scope: "private", headers: { Vary: "Accept" } },
    request,
    env,
    context,
  );
}

/** The origin says which content has the name now. */
async function modelFile(request: Request, env: Env, context: Context): Promise<Response> {
  const head = await passOn(new Request(request.url, { method: "HEAD" }), env);
  const etag = /^"(sha256:[0-9a-f]{64})"$/.exec(head.headers.get("etag") ?? "")?.[1];
  if (head.status !== 200 || !etag) return passOn(request, env);
  const type = head.headers.get("content-type") ?? "application/octet-stream";
  return kept(`models/${etag.slice(7)}`, { etag, type, scope: "public" }, request, env, context);
}

/** From R2, whole or in part, else from the origin, and as a whole into R2: what its key names never changes. */
async function kept(
  key: string,
  representation: Omit<Immutable, "read" | "size">,
  request: Request,
  env: Env,
  context: Context,
): Promise<Response> {
  const found = await env.CACHE.head(key);
  if (!found) return intoCache(key, representation.type, request, env, context);
  const { status, headers, range } = immutableAnswer(request, { ...representation, size: found.size });
  if (status === 416) {
    const problem = httpProblem(416);
    problem.headers.set("Content-Range", headers["Content-Range"] ?? "");
    return problem;
  }
  const part = range && { offset: range.start, length: range.end - range.start + 1 };
  const object = part && (await env.CACHE.get(key, { range: part }));
  if (part && !object) return passOn(request, env); // gone since
  const all = { ...headers, "X-Edge": "hit", "X-Content-Type-Options": "nosniff" };
  return new Response(object?.body ?? null, { status, headers: all });
}

async function intoCache(key: string, type: string, request: Request, env: Env, context: Context): Promise<Response> {
  const answer = await passOn(request, env);
  const isWhole = answer.status === 200 && request.method === "GET" && answer.headers.get("content-type") === type;
  if (!isWhole) return answer;
  const bytes = await answer.arrayBuffer();
  context.waitUntil(env.CACHE.put(key, bytes, { httpMetadata: { contentType: type } }));
  return new Response(bytes, answer);
}

/** The same body for the same image is the same work, wherever in the world it is asked for. */
async function encodeOnce(request: Request, env: Env): Promise<Response> {
  const body = await request.text();
  const flight = env.FLIGHTS.get(env.FLIGHTS.idFromName(`${new URL(request.url).pathname} ${body}`));
  return flight.fetch(new Request(request.url, { method: "POST", headers: request.headers, body }));
}

/** One per work: lets the first caller through and gives the others its answer. Nothing is kept, so nothing can be left locked. */
export class Flight {
  readonly #env: Env;
  #running: Promise<{ body: ArrayBuffer; init: ResponseInit }> | undefined;

  constructor(_state: unknown, env: Env) {
    this.#env = env;
  }

  async fetch(request: Request): Promise<Response> {
    this.#running ??= this.#ask(request).finally(() => {
      this.#running = undefined;
    });
    const { body, init } = await this.#running;
    return new Response(body, init);
  }

  async #ask(request: Request) {
    const answer = await passOn(request, this.#env);
    return { body: await answer.arrayBuffer(), init: { status: answer.status, headers: answer.headers } };
  }
}

/** Whatever is asked in JSON may be asked twice: answers are named by content, and nothing is counted. Its length is known before it is read. */
function isQuestion({ method, headers }: Request): boolean {
  const isJson = /^application\/json\b/i.test(headers.get("content-type") ?? "");
  return method === "POST" && isJson && Number(headers.get("content-length") ?? Number.NaN) <= QUESTION_BYTES;
}

/** To an origin, and once to the next when the first is away and the request can be sent again (F-15). Other bodies stream. */
async function passOn(request: Request, env: Env): Promise<Response> {
  const origins = env.ORIGINS.split(",").map((origin) => origin.trim());
  const first = Math.floor(Math.random() * origins.length);
  const again = request.body === null || isQuestion(request);
  const body = again && request.body ? await request.arrayBuffer() : request.body;
  for (let n = 0; n < (again ? Math.min(2, origins.length) : 1); n++) {
    const answer = await to(origins[(first + n) % origins.length], request, body);
    if (answer) return answer;
  }
  return problemOf(new SegmenterError("Saturated", { retryAfterS: RETRY_AFTER_S }));
}

async function to(
  origin: string,
  request: Request,
  body: ArrayBuffer | ReadableStream | null,
): Promise<Response | undefined> {
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  // The origin checks that a changing request comes from its own page: to it, this is that page's host.
  if (headers.get("origin") === new URL(request.url).origin) headers.set("origin", origin);
  headers.set("accept-encoding", "identity"); // the edge compresses for its own callers
  headers.delete("host");
  headers.set("x-forwarded-host", host);
  try {
    return await fetch(
      new Request(origin + pathname + search, { method: request.method, headers, body, redirect: "manual" }),
    );
  } catch {
    return undefined;
  }
}
