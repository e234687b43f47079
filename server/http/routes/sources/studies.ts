/** `GET /v1/studies`: what the server was started with, as a list of series that are read when they are opened. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { SeriesId, SeriesImage, StudyEntry } from "../../../../core/wire/index.ts";
import type { AppEnv } from "../../app-env.ts";
import type { AppDeps } from "../../deps.ts";
import { timed } from "../../middleware/context.ts";
import { binary, json, problems } from "../shared.ts";

const tags = ["images"];
const SeriesParams = z.object({ id: SeriesId.describe("seriesId") });

const list = createRoute({
  operationId: "listStudies",
  method: "get",
  path: "/v1/studies",
  tags,
  summary: "What can be opened",
  description:
    "The built-in phantom, or the file or folder that the server was started with, as it is now. `POST /v1/images` with `{seriesId}` opens a series. Uploads are not listed: their ids are the only key to them. Archives have `/v1/archives`.",
  responses: {
    200: json(z.array(StudyEntry), "The first one holds the image that is open from the start"),
    ...problems(),
  },
});
const images = createRoute({
  operationId: "listSeriesImages",
  method: "get",
  path: "/v1/studies/series/{id}",
  tags,
  summary: "The images of a series: phases, echoes, pictures of a list",
  request: { params: SeriesParams },
  responses: {
    200: json(z.array(SeriesImage), "The one that is opened by itself comes first"),
    ...problems(404, 413, 415, 422),
  },
});
const thumbnail = createRoute({
  operationId: "getSeriesThumbnail",
  method: "get",
  path: "/v1/studies/series/{id}/thumbnail",
  tags,
  summary: "A small picture of a series",
  request: { params: SeriesParams },
  responses: { 200: binary("PNG of at most 128 pixels a side", "image/png"), ...problems(404, 413, 415, 422) },
});

/** The folder of the server. */
export function studyRoutes({ folder }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(list, async (c) => {
    await timed(c, "read", () => folder.refresh());
    return c.json([...folder.list()], 200);
  });
  app.openapi(images, async (c) => {
    const { id } = c.req.valid("param");
    return c.json([...(await timed(c, "read", () => folder.images(id, { signal: c.req.raw.signal })))], 200);
  });
  app.openapi(thumbnail, async (c) => {
    const { id } = c.req.valid("param");
    const png = await timed(c, "read", () => folder.thumbnail(id, { signal: c.req.raw.signal }));
    return c.body(png, 200, { "Content-Type": "image/png", "Cache-Control": "private, max-age=3600" });
  });
  return app;
}
