/** Volume jobs: `POST /v1/images/:id/segmentations` starts one, `GET /v1/jobs/:id` shows it, `/events` tells of each mask, `DELETE` stops it. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { Digest, Job, type JobMask, SegmentationRequest } from "../../../core/wire/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { jsonBody } from "../middleware/body.ts";
import { checkPrompts } from "./prompt-limits.ts";
import { ImageParams, json, jsonContent, problems } from "./shared.ts";

const JobParams = z.object({ id: Digest.describe("jobId") });

const show = createRoute({
  operationId: "getJob",
  method: "get",
  path: "/v1/jobs/{id}",
  tags: ["jobs"],
  summary: "A volume job as it stands",
  request: { params: JobParams },
  responses: { 200: json(Job, "Masks appear while it runs"), ...problems(404) },
});

const cancel = createRoute({
  operationId: "cancelJob",
  method: "delete",
  path: "/v1/jobs/{id}",
  tags: ["jobs"],
  summary: "Stop a volume job",
  description: "What it has found stays until it is forgotten. A job that has ended is left as it is.",
  request: { params: JobParams },
  responses: { 200: json(Job, "Cancelled, or ended before"), ...problems(404) },
});

const events = createRoute({
  operationId: "getJobEvents",
  method: "get",
  path: "/v1/jobs/{id}/events",
  tags: ["jobs"],
  summary: "Progress of a volume job",
  description:
    "Server-sent events: `progress` {state, progress, masks, where} with what is new since the last one, then `end` with the whole job.",
  request: { params: JobParams },
  responses: {
    200: { description: "Events", content: { "text/event-stream": { schema: { type: "string" as const } } } },
    ...problems(404),
  },
});

const keyOf = ({ slice, name = "" }: JobMask): string => `${slice}/${name}`;

export function jobRoutes({ jobs, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const create = createRoute({
    operationId: "startJob",
    method: "post",
    path: "/v1/images/{id}/segmentations",
    tags: ["jobs"],
    summary: "One segment through a volume",
    description:
      "Prompts on one or a few slices are propagated to the others, or a name is asked on each (with `where` only on which of them it is), or every name that works (`find`). The same request is the same job.",
    middleware: [jsonBody(limits)],
    request: { params: ImageParams, body: jsonContent(SegmentationRequest) },
    responses: { 202: json(Job, "Accepted, or known already"), ...problems(404, 408, 413, 415, 422) },
  });
  app.openapi(create, async (c) => {
    const request = c.req.valid("json");
    for (const { prompts } of request.prompts ?? []) checkPrompts(prompts, limits);
    const job = await jobs.submit(c.req.valid("param").id, request);
    c.header("Location", `/v1/jobs/${job.jobId}`);
    return c.json(job, 202);
  });
  app.openapi(show, async (c) => c.json(await jobs.get(c.req.valid("param").id), 200));
  app.openapi(cancel, async (c) => c.json(await jobs.cancel(c.req.valid("param").id), 200));
  app.openapi(events, async (c) => {
    const { id } = c.req.valid("param");
    await jobs.get(id); // an unknown job is an answer, not an event
    c.header("X-Accel-Buffering", "no");
    return streamSSE(c, async (stream) => {
      const leaving = new AbortController();
      stream.onAbort(() => leaving.abort());
      const told = new Set<string>();
      let places = 0;
      let last: Job | undefined;
      for await (const job of jobs.watch(id, leaving.signal)) {
        last = job;
        const masks = job.segments.flatMap((segment) => segment.masks).filter((mask) => !told.has(keyOf(mask)));
        for (const mask of masks) told.add(keyOf(mask));
        const where = job.segments.flatMap((segment) => segment.where ?? []).slice(places);
        places += where.length;
        const data = JSON.stringify({ state: job.state, progress: job.progress, masks, where });
        await stream.writeSSE({ event: "progress", data });
      }
      if (last && !leaving.signal.aborted) await stream.writeSSE({ event: "end", data: JSON.stringify(last) });
    });
  });
  return app;
}
