/** What surrounds each request: its id, its time, its line in the log and its count in the metrics. */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { type Log, loggable } from "../../ops/log.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { AppEnv } from "../app-env.ts";

/** Runs a step and notes its time for the `Server-Timing` header. */
export async function timed<T>(c: Context<AppEnv>, name: string, step: () => Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    return await step();
  } finally {
    c.get("timings").push({ name, ms: performance.now() - from });
  }
}

/** The pattern that matched, never the URL: `/v1/images/:id`. */
function patternOf(c: Context): string {
  const path = matchedRoutes(c).at(-1)?.path ?? "*";
  if (path === "/*") return c.res.status === 404 ? "unmatched" : "viewer"; // middleware is registered under this pattern too
  return path === "*" ? "unmatched" : path;
}

/** Busy, past a deadline, an archive that fails, out of disk: no mistake of ours to be looked for. */
const BY_CIRCUMSTANCE = new Set([502, 503, 504, 507]);

/** Methods that are worth a label of their own. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Request id, timing, one log line and the request metrics. */
export function requestContext({ log, metrics }: { log: Log; metrics: Metrics }): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const from = performance.now();
    const requestId = crypto.randomUUID();
    c.set("requestId", requestId);
    c.set("timings", []);
    await next();
    const ms = performance.now() - from;
    const route = patternOf(c);
    const { status } = c.res;
    const method = METHODS.has(c.req.method) ? c.req.method : "other";
    metrics.httpRequests.inc({ method, route, status: String(status) });
    metrics.httpSeconds.observe({ route }, ms / 1000);
    const timings = [...c.get("timings"), { name: "total", ms }];
    if (status >= 400 && c.req.raw.body !== null && !c.get("bodyRead")) {
      c.res.headers.set("Connection", "close"); // bytes that nobody will read stand before the next request
    }
    c.res.headers.set("X-Request-Id", requestId);
    c.res.headers.set("Server-Timing", timings.map(({ name, ms }) => `${name};dur=${ms.toFixed(1)}`).join(", "));
    const line = { requestId, method, route, status, ms: Math.round(ms) };
    if (status < 500) log.info(line, "request");
    else if (BY_CIRCUMSTANCE.has(status)) log.warn(line, "request refused");
    else log.error({ ...line, ...(c.error ? { error: loggable(c.error) } : {}) }, "request failed");
  };
}
