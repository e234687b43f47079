/** What answers somebody who has not shown who they are: health, and the page itself, which holds no data. */
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../app-env.ts";
import type { FindStatic } from "../deps.ts";
import { httpProblem } from "../problem.ts";

const OPEN = new Set(["/livez", "/readyz"]);

/** Refuses with 401 (RFC 6750); a new route is refused until it is named here. */
export function refuseStrangers(findStatic: FindStatic | undefined): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { method, path } = c.req;
    const reads = method === "GET" || method === "HEAD";
    if (reads && (OPEN.has(path) || findStatic?.(path))) return next();
    const problem = httpProblem(401, c.get("requestId"));
    problem.headers.set("WWW-Authenticate", "Bearer");
    return problem;
  };
}
