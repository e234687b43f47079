import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { SegmenterError } from "../core/errors.ts";
import type { AppEnv } from "./http/app-env.ts";
import type { AppDeps, Lifecycle } from "./http/deps.ts";
import { compressed } from "./http/middleware/compress.ts";
import { requestContext } from "./http/middleware/context.ts";
import { deadline } from "./http/middleware/deadline.ts";
import { refuseStrangers } from "./http/middleware/guard.ts";
import { securityHeaders } from "./http/middleware/headers.ts";
import { crossOrigin, hostCheck } from "./http/middleware/origin.ts";
import { openApiDocument } from "./http/openapi.ts";
import { httpProblem, invalidRequest, problemOf } from "./http/problem.ts";
import { docsRoutes } from "./http/routes/docs.ts";
import { embeddingRoutes } from "./http/routes/embeddings.ts";
import { engineRoutes } from "./http/routes/engine/inference.ts";
import { exportRoutes } from "./http/routes/files/exports.ts";
import { importRoutes } from "./http/routes/files/imports.ts";
import { imageRoutes } from "./http/routes/images.ts";
import { jobRoutes } from "./http/routes/jobs.ts";
import { maskRoutes } from "./http/routes/masks.ts";
import { modelRoutes } from "./http/routes/models.ts";
import { operationRoutes } from "./http/routes/operations.ts";
import { prefetchRoutes } from "./http/routes/prefetch.ts";
import { segmentRoutes } from "./http/routes/segment.ts";
import { sliceRoutes } from "./http/routes/slices.ts";
import { archiveRoutes, resultRoutes } from "./http/routes/sources/archives.ts";
import { studyRoutes } from "./http/routes/sources/studies.ts";
import { textPromptRoutes } from "./http/routes/text-prompts.ts";
import { viewerRoutes } from "./http/routes/viewer.ts";

export type { AppDeps } from "./http/deps.ts";

const ROUTES = [
  imageRoutes,
  resultRoutes,
  archiveRoutes,
  studyRoutes,
  importRoutes,
  exportRoutes,
  sliceRoutes,
  embeddingRoutes,
  prefetchRoutes,
  maskRoutes,
  segmentRoutes,
  jobRoutes,
  textPromptRoutes,
  modelRoutes,
  engineRoutes,
  operationRoutes,
];
/** What still answers while the server stops. */
const WHILE_DRAINING = new Set(["/livez", "/readyz", "/metrics"]);

/** The whole HTTP interface as a value: `createApp(deps).request("/v1/models")` needs no port. */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
  app.use(securityHeaders(deps.headers));
  app.use(requestContext(deps));
  app.use(compressed());
  app.use(crossOrigin(deps));
  app.use(hostCheck(deps.allowedHosts));
  app.use(drain(deps.lifecycle));
  if (deps.refuseStrangers) app.use(refuseStrangers(deps.findStatic));
  app.use(deadline());
  for (const routes of ROUTES) app.route("/", routes(deps));
  const document = openApiDocument(app);
  app.route(
    "/",
    docsRoutes(() => document),
  );
  if (deps.findStatic) app.route("/", viewerRoutes(deps.findStatic, deps.openFile));
  app.onError((error, c) => problemOf(error, c.get("requestId")));
  app.notFound((c) => notFound(app, c));
  return app;
}

/** New work is refused from the first signal to stop, so that what runs can end. */
function drain(lifecycle: Lifecycle) {
  return async (c: Context<AppEnv>, next: () => Promise<void>) => {
    if (!lifecycle.draining() || WHILE_DRAINING.has(c.req.path)) return next();
    const refusal = problemOf(new SegmenterError("ShuttingDown", { retryAfterS: 5 }), c.get("requestId"));
    refusal.headers.set("Connection", "close");
    return refusal;
  };
}

/** 405 with the methods of a path that exists, else 404. */
function notFound(app: OpenAPIHono<AppEnv>, c: Context<AppEnv>): Response {
  const isRoute = (path: string) => path !== "*" && path !== "/*";
  const allowed = ["GET", "POST", "DELETE"].filter((method) =>
    app.router.match(method, c.req.path)[0].some(([[, { path }]]) => isRoute(path)),
  );
  if (allowed.length === 0) return httpProblem(404, c.get("requestId"));
  const problem = httpProblem(405, c.get("requestId"));
  problem.headers.set("Allow", allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", "));
  return problem;
}
