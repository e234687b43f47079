/**
 * The edge on Cloudflare Workers: the page as assets, tensors and model files from R2 under their content ids, one encode per slice by
 * a Durable Object, all else passed to an origin. It holds no state of its own and decides nothing about images.
 */
import { securityHeaderList } from "./http/middleware/headers.ts";

interface Bucket {
  get(key: string): Promise<{ body: ReadableStream; httpMetadata?: { contentType?: string } } | null>;
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
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

const EMBEDDING = /^\/v1\/embeddings\/(sha256:[0-9a-f]{64})$/;
const ENCODE = /^\/v1\/images\/sha256:[0-9a-f]{64}\/embeddings$/;
const API = /^\/(?:v1\/|livez$|readyz$|metrics$|docs|openapi\.json$)/;
/** Precisions that an origin gives; what else is asked for goes to it. */
const MEDIA = /^application\/vnd\.promptomy\.embedding\+(f32|f16|i8)$/;
const DEFAULT_MEDIA = "application/vnd.promptomy.embedding+i8";
const RETRY_AFTER_S = "5";

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!API.test(pathname)) return page(request, env);
    const signedIn = request.headers.has("authorization"); // whose data it is only the origin knows
    const id = EMBEDDING.exec(pathname)?.[1];
    if (id && request.method === "GET" && !request.headers.has("range") && !signedIn)
      return embedding(id, request, env, context);
    if (ENCODE.test(pathname) && request.method === "POST" && !signedIn) return encodeOnce(request, env);
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

/** From R2, else from the origin into R2: the id names the bytes, so they never change. */
async function embedding(id: string, request: Request, env: Env, context: Context): Promise<Response> {
  const accept = request.headers.get("accept") ?? "";
  const media = MEDIA.test(accept) ? accept : DEFAULT_MEDIA;
  const key = `embeddings/${id.slice(7)}.${MEDIA.exec(media)?.[1]}`;
  const kept = await env.CACHE.get(key);
  const headers = { "Content-Type": media, "Cache-Control": "private, max-age=31536000, immutable", "X-Edge": "hit" };
  if (kept) return new Response(kept.body, { headers: { ...headers, "X-Content-Type-Options": "nosniff" } });
  const answer = await passOn(request, env);
  if (answer.status !== 200 || answer.headers.get("content-type") !== media) return answer;
  const bytes = await answer.arrayBuffer();
  context.waitUntil(env.CACHE.put(key, bytes, { httpMetadata: { contentType: media } }));
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

/** To an origin, and once to the next when the first is away and the request can be sent again (F-15). Bodies stream. */
async function passOn(request: Request, env: Env): Promise<Response> {
  const origins = env.ORIGINS.split(",").map((origin) => origin.trim());
  const first = Math.floor(Math.random() * origins.length);
  const again = request.body === null || ENCODE.test(new URL(request.url).pathname);
  const body = again && request.body ? await request.arrayBuffer() : request.body;
  for (let n = 0; n < (again ? Math.min(2, origins.length) : 1); n++) {
    const answer = await to(origins[(first + n) % origins.length], request, body);
    if (answer) return answer;
  }
  const problem = { type: "urn:promptomy:problem:Saturated", title: "Saturated", status: 503, code: "Saturated" };
  const rest = { detail: "The server is busy; come back later.", info: { retryAfterS: Number(RETRY_AFTER_S) } };
  const headers = {
    "Content-Type": "application/problem+json",
    "Retry-After": RETRY_AFTER_S,
    "Cache-Control": "no-store",
  };
  return new Response(JSON.stringify({ ...problem, ...rest }), { status: 503, headers });
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
