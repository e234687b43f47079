/**
 * What the configured archives hold. Searches are bodies and never addresses: names of patients and UIDs stand in no URL of
 * ours, and so in no log of a proxy.
 */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { SegmenterError } from "../../../../core/errors.ts";
import {
  ArchiveInfo,
  ArchiveSeriesList,
  ArchiveSeriesRef,
  ArchiveSeriesRequest,
  ArchiveStored,
  ArchiveStudies,
  ArchiveStudiesRequest,
  ArchiveThumbnailRequest,
  SeriesImage,
} from "../../../../core/wire/index.ts";
import type { Limits } from "../../../ops/limits.ts";
import { seriesImages } from "../../../sources/series-images.ts";
import type { AppEnv } from "../../app-env.ts";
import type { AppDeps } from "../../deps.ts";
import { chunksOf, jsonBody } from "../../middleware/body.ts";
import { timed } from "../../middleware/context.ts";
import { fetchSeries, refuseDeclared } from "../images.ts";
import { binary, ImageParams, json, jsonContent, problems } from "../shared.ts";

const tags = ["archives"];

const listed = createRoute({
  operationId: "listArchives",
  method: "get",
  path: "/v1/archives",
  tags,
  summary: "The configured archives",
  responses: {
    200: json(z.array(ArchiveInfo), "None when the server was started without `--dicomweb`"),
    ...problems(),
  },
});

const results = createRoute({
  operationId: "storeResult",
  method: "post",
  path: "/v1/images/{id}/results",
  tags,
  summary: "Send a result to the archive of its image",
  description:
    "The body is one DICOM file that belongs to the study of the image, such as an export as `dicom-seg`; or one from which the identity is removed, which goes to a study of its own. It is sent once (STOW-RS); the answer tells what became of it, and a refusal of the archive is an answer too.",
  request: {
    params: ImageParams,
    query: z.strictObject({ archive: z.string().max(64).optional().describe("the first one when left out") }),
    body: {
      required: true,
      content: { "application/dicom": { schema: { type: "string" as const, format: "binary" } } },
    },
  },
  responses: { 200: json(ArchiveStored, "What became of it"), ...problems(404, 408, 413, 415, 422, 502, 504) },
});

function searches(limits: Limits) {
  const middleware = [jsonBody(limits)];
  const failures = problems(404, 408, 413, 415, 502, 504);
  const studies = createRoute({
    operationId: "searchArchiveStudies",
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
    operationId: "listArchiveSeries",
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
    operationId: "getArchiveThumbnail",
    method: "post",
    path: "/v1/archives/thumbnail",
    tags,
    summary: "A small picture of a series",
    description: "The middle instance is fetched for it, and not kept. Pixels are square.",
    middleware,
    request: { body: jsonContent(ArchiveThumbnailRequest) },
    responses: {
      200: binary("PNG of at most `side` pixels a side", "image/png"),
      ...problems(404, 408, 413, 415, 422, 502, 504),
    },
  });
  const inside = createRoute({
    operationId: "listArchiveImages",
    method: "post",
    path: "/v1/archives/images",
    tags,
    summary: "The images of a series: phases, echoes, orientations",
    description:
      "The whole series is fetched for it and not kept: what sets its images apart stands in the headers. `POST /v1/images` with an `index` opens one.",
    middleware,
    request: { body: jsonContent(ArchiveSeriesRef) },
    responses: {
      200: json(z.array(SeriesImage), "The one that is opened by itself comes first"),
      ...problems(404, 408, 413, 415, 422, 502, 504),
    },
  });
  return { studies, series, thumbnail, inside };
}

/** Sends results to the archive of their image. */
export function resultRoutes({ archives, images, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(results, async (c) => {
    const { id } = c.req.valid("param");
    const { archive } = c.req.valid("query");
    refuseDeclared(c.req.header("content-length"), limits.uploadBytes);
    const study = (await images.source(id))?.studyInstanceUid;
    if (!study) throw new SegmenterError("InvalidRequest", { reason: "the image is no DICOM: it belongs to no study" });
    const { head, bytes } = await images.head({ body: chunksOf(c.req.raw.body, limits.uploadMs) });
    const { instanceUid: instance, studyUid, identityRemoved } = head?.dicom ?? {};
    if (!instance || !studyUid || (studyUid !== study && !identityRemoved)) {
      throw new SegmenterError("InvalidRequest", {
        reason: "expected a DICOM file of the image's study",
        path: "body",
      });
    }
    const request = { archive, study: studyUid, instances: [{ instance, bytes }] };
    return c.json(await timed(c, "archive", () => archives.store(request, callOf(c))), 200);
  });
  return app;
}

/** Search in archives. The caller's `Authorization` goes up where the configuration says so. */
export function archiveRoutes({ archives, images, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const { studies, series, thumbnail, inside } = searches(limits);
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
    const { side, ...asked } = c.req.valid("json");
    const call = callOf(c);
    const fetchOne = fetchSeries({ archives, images }, { ...asked, middle: true, ...call });
    const png = await timed(c, "archive", () => images.thumbnail(fetchOne, { side, signal: call.signal }));
    return c.body(png, 200, { "Content-Type": "image/png", "Cache-Control": "no-store" });
  });
  app.openapi(inside, async (c) => {
    const call = callOf(c);
    const fetchAll = fetchSeries({ archives, images }, { ...c.req.valid("json"), ...call });
    const list = await timed(c, "archive", () => images.contents(fetchAll, { signal: call.signal }));
    return c.json(seriesImages(list), 200);
  });
  return app;
}

const callOf = (c: Context<AppEnv>) => ({ token: c.req.header("authorization"), signal: c.req.raw.signal });
