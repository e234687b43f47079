/** Which hosts this server answers to, and which other pages may call it. */
import type { MiddlewareHandler } from "hono";
import { SegmenterError } from "../../../core/errors.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { httpProblem } from "../problem.ts";

const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const ACCEPTED = ["Accept", "Authorization", "Content-Type", "If-None-Match", "Range", "X-Deadline-Ms"];
const EXPOSED =
  "ETag, Location, Server-Timing, X-Request-Id, X-Dtype, X-Shape, X-Rescale-Slope, X-Rescale-Intercept, X-Inverted, X-Spacing-Mm, Retry-After";

/**
 * One well-formed Host. Two Host headers arrive here joined by a comma and are refused.
 * `allowed` (names without port) stops DNS rebinding where the server listens on a loopback address.
 */
export function hostCheck(allowed: readonly string[] | undefined): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const host = c.req.header("host");
    if (host !== undefined) {
      if (!HOST.test(host))
        throw new SegmenterError("InvalidRequest", { reason: "expected one host name", path: "Host" });
      const name = host.replace(/:\d+$/, "").toLowerCase();
      if (allowed && !allowed.includes(name)) return httpProblem(403, c.get("requestId"), { reason: "host" });
    }
    return next();
  };
}

/**
 * Cross-origin requests by exact match; without a list none. Requests that change something need a known origin. Another
 * site's page may link to this one, and nothing more: what it embeds without an `Origin` is refused.
 */
export function crossOrigin({
  corsOrigins: origins = [],
  corsCredentials = false,
  corsHeaders = [],
}: Pick<AppDeps, "corsOrigins" | "corsCredentials" | "corsHeaders">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const origin = c.req.header("origin");
    const allowed = origin !== undefined && origins.includes(origin);
    const { method } = c.req;
    if (method === "OPTIONS" && allowed) c.res = preflight(corsHeaders);
    else if (!allowed && isForeign(origin, c.req) && (changes(method) || isEmbedded(origin, c.req))) {
      c.res = httpProblem(403, c.get("requestId"), { reason: "origin" });
    } else await next();
    if (origins.length > 0) c.res.headers.append("Vary", "Origin");
    if (!allowed) return;
    c.res.headers.set("Access-Control-Allow-Origin", origin);
    c.res.headers.set("Access-Control-Expose-Headers", EXPOSED);
    if (corsCredentials) c.res.headers.set("Access-Control-Allow-Credentials", "true");
  };
}

function preflight(more: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
      "Access-Control-Allow-Headers": [...ACCEPTED, ...more].join(", "),
      "Access-Control-Max-Age": "600",
    },
  });
}

interface Headed {
  header(name: string): string | undefined;
}

const changes = (method: string): boolean => method !== "GET" && method !== "HEAD";

/** A browser says where a request comes from; programs say nothing. */
function isForeign(origin: string | undefined, req: Headed): boolean {
  const site = req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== req.header("host");
}

/** A picture, script or style of another page: it carries no `Origin`, and could not be read there anyway. */
function isEmbedded(origin: string | undefined, req: Headed): boolean {
  return origin === undefined && req.header("sec-fetch-mode") !== "navigate";
}
