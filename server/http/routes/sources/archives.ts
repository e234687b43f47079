/**
 * What the configured archives hold. Searches are bodies and never addresses: names of patients and UIDs stand in no URL of
 * ours, and so in no log of a proxy.
 */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  ArchiveInfo,
  ArchiveSeriesList,
  ArchiveSeriesRef,
  ArchiveSeriesRequest,
  ArchiveStudies,
  ArchiveStudiesRequest,
} from "../../../../core/wire/index.ts";
import type { AppEnv } from "../../app-env.ts";
import type { AppDeps } from "../../deps.ts";
import { jsonBody } from "../../middleware/body.ts";
import { timed } from "../../middleware/context.ts";
import { binary, json, jsonContent, problems } from "../shared.ts";

const listed = createRoute({
  method: "get",
  path: "/v1/archives",
  tags: ["archives"],
  summary: "The configured archives",
  responses: {
    200: json(z.array(ArchiveInfo), "None when the server was started without `--dicomweb`"),
    ...problems(),
  },
});

/** Search in archives. The caller's `Authorization` goes up where the configuration says so. */
export function archiveRoutes({ archives, images, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const middleware = [jsonBody(limits)];
  const tags = ["archives"];
  const failures = problems(404, 408, 413, 415, 502, 504);
  const studies = createRoute({
    method: "post",
    path: "/v1/archives/studies",
    tags,
    summary: "Search an archive for studies",
    description: "The answer is patient data and is kept nowhere.",
    middleware,
    request: { body: jsonContent(ArchiveStudiesRequest) },
    responses: { 200: json(ArchiveStudies, "A page of studies"), ...failures },
  });
  const series = createRoute({
    method: "post",
    path: "/v1/archives/series",
    tags,
    summary: "The series of a study",
    description: "`POST /v1/images` with `{dicomweb:{study, series}}` opens one.",
    middleware,
    request: { body: jsonContent(ArchiveSeriesRequest) },
    responses: { 200: json(ArchiveSeriesList, "A page of series"), ...failures },
  });
  const thumbnail = createRoute({
    method: "post",
    path: "/v1/archives/thumbnail",
    tags,
    summary: "A small picture of a series",
    description: "The middle instance is fetched for it, and not kept.",
    middleware,
    request: { body: jsonContent(ArchiveSeriesRef) },
    responses: {
      200: binary("PNG of at most 128 pixels a side", "image/png"),
      ...problems(404, 408, 413, 415, 422, 502, 504),
    },
  });
  app.openapi(listed, (c) => c.json([...archives.list()], 200));
  app.openapi(studies, async (c) => {
    const asked = c.req.valid("json");
    return c.json(await timed(c, "archive", () => archives.studies(asked, callOf(c))), 200);
  });
  app.openapi(series, async (c) => {
    const asked = c.req.valid("json");
    return c.json(await timed(c, "archive", () => archives.series(asked, callOf(c))), 200);
  });
  app.openapi(thumbnail, async (c) => {
    const { archive, study, series } = c.req.valid("json");
    const call = callOf(c);
    const fetchMiddle = (dir: string) => archives.retrieve({ archive, study, series, dir, middle: true, ...call });
    const png = await timed(c, "archive", () => images.thumbnail(fetchMiddle, { signal: call.signal }));
    return c.body(png, 200, { "Content-Type": "image/png", "Cache-Control": "no-store" });
  });
  return app;
}

const callOf = (c: Context<AppEnv>) => ({ token: c.req.header("authorization"), signal: c.req.raw.signal });
