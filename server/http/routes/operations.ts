/** What operators ask: limits, health, readiness and metrics. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { LimitsResponse } from "../../ops/limits.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";

import { json, problems } from "./shared.ts";

const Live = z.strictObject({ status: z.literal("live") });
const Ready = z.strictObject({
  status: z.enum(["ready", "not ready"]),
  reasons: z.array(z.string()),
  degraded: z.array(z.string()).describe("codes of what works less well, such as `NoDiskCache`"),
});
const route = <P extends string, R extends Parameters<typeof createRoute>[0]["responses"]>(
  operationId: string,
  path: P,
  summary: string,
  responses: R,
) => createRoute({ operationId, method: "get", path, tags: ["operations"], summary, responses });

const limitsRoute = route("getLimits", "/v1/limits", "Every limit of this server; units end the names", {
  200: json(LimitsResponse, "Bytes, milliseconds or counts"),
  ...problems(),
});
const livez = route("getLiveness", "/livez", "Is the process alive", { 200: json(Live, "It is"), ...problems() });
const readyz = route("getReadiness", "/readyz", "Does it take work", {
  ...problems(),
  200: json(Ready, "It does"),
  503: json(Ready, "It does not; the reasons are codes"),
});
const metricsRoute = route("getMetrics", "/metrics", "Prometheus text format", {
  200: { description: "Counters and histograms", content: { "text/plain": { schema: z.string() } } },
  ...problems(),
});

/** Limits, health and metrics. */
export function operationRoutes({ limits, lifecycle, metrics, degraded }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(limitsRoute, (c) => c.json(limits, 200));
  app.openapi(livez, (c) => c.json({ status: "live" as const }, 200));
  app.openapi(readyz, async (c) => {
    const reasons = [...lifecycle.unready()];
    const less = [...(await degraded())];
    return reasons.length === 0
      ? c.json({ status: "ready" as const, reasons, degraded: less }, 200)
      : c.json({ status: "not ready" as const, reasons, degraded: less }, 503);
  });
  app.openapi(metricsRoute, async (c) => c.text(await metrics.text(), 200));
  return app;
}
