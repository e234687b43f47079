/** `POST /v1/images` takes a file or a series, `GET /v1/images/:id` says what the server knows of it. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { SegmenterError } from "../../../core/errors.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import { Digest, ImageDescription, ImageInfo, SeriesSalt } from "../../../core/wire/index.ts";
import type { IncomingFile } from "../../images/types.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { chunksOf } from "../middleware/body.ts";
import { timed } from "../middleware/context.ts";
import { boundaryOf, readParts } from "../multipart.ts";
import { ImageParams, json, problems } from "./shared.ts";

const FILE = { type: "string" as const, format: "binary" };

const upload = createRoute({
  method: "post",
  path: "/v1/images",
  tags: ["images"],
  summary: "Upload an image or a series",
  description:
    "The body is one file, or `multipart/form-data` with every file of one series. Formats are told by their bytes. The answer describes what was just read: the same pixels with another modality, window or source are another image, and warnings are always those of this upload.",
  request: {
    body: {
      required: true,
      content: {
        "application/octet-stream": { schema: FILE },
        "multipart/form-data": {
          schema: { type: "object", properties: { file: { type: "array", items: FILE } }, required: ["file"] },
        },
      },
    },
  },
  responses: {
    200: json(ImageInfo, "The same image was here before"),
    201: json(ImageInfo, "Read and kept"),
    ...problems(408, 413, 415, 422, 507),
  },
});

const Query = z.strictObject({
  source: z
    .enum(["true", "false"])
    .optional()
    .describe("`true` adds `source`: DICOM UIDs and attributes of where the image came from, which are patient data"),
});

const read = createRoute({
  method: "get",
  path: "/v1/images/{id}",
  tags: ["images"],
  summary: "What the server knows of an image",
  request: { params: ImageParams, query: Query },
  responses: {
    200: json(ImageDescription, "Size, geometry, windows and planes; no patient data unless `source` was asked for"),
    ...problems(404),
  },
});

const SeriesParams = z.object({ key: Digest.describe("sha256 of the salt, a line feed and the SeriesInstanceUID") });

const salt = createRoute({
  method: "get",
  path: "/v1/series",
  tags: ["images"],
  summary: "How a series is named here",
  description: "The salt holds until the server starts again.",
  responses: { 200: json(SeriesSalt, 'Its key is `sha256(salt + "\\n" + SeriesInstanceUID)`'), ...problems() },
});

const series = createRoute({
  method: "get",
  path: "/v1/series/{key}",
  tags: ["images"],
  summary: "Is this series here",
  description:
    "Spares a viewer the upload. No UID travels: the series is named by a salted hash. `HEAD` answers without a body.",
  request: { params: SeriesParams },
  responses: {
    200: json(ImageInfo, "The image of the series that was used last; `Location` names it"),
    ...problems(404),
  },
});

/** Upload and description of images. */
export function imageRoutes({ images, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(upload, async (c) => {
    refuseDeclared(c.req.header("content-length"), limits.uploadBytes);
    const body = chunksOf(c.req.raw.body, limits.uploadMs);
    const files = filesOf(body, c.req.header("content-type") ?? "");
    const { info, created } = await timed(c, "read", () => images.add(files, { signal: c.req.raw.signal }));
    c.header("Location", `/v1/images/${info.imageId}`);
    return created ? c.json(info, 201) : c.json(info, 200);
  });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const info = images.get(id);
    if (!info) throw new SegmenterError("ImageNotFound", { imageId: id });
    if (c.req.valid("query").source !== "true") return c.json(info, 200);
    const source = await images.source(id);
    return c.json(source ? { ...info, source: onWire(source) } : info, 200);
  });
  app.openapi(salt, (c) => c.json({ salt: images.seriesSalt }, 200));
  app.openapi(series, (c) => {
    const { key } = c.req.valid("param");
    const info = images.findSeries(key);
    if (!info) throw new SegmenterError("ImageNotFound", { imageId: key });
    c.header("Location", `/v1/images/${info.imageId}`);
    return c.json(info, 200);
  });
  return app;
}

/** The wire's types are mutable. */
const onWire = ({ slices, attributes, ...source }: ImageSource) => ({
  ...source,
  slices: slices.map((slice) => ({ ...slice })),
  attributes: { ...attributes },
});

/** Answers a length that is too large before its bytes come. */
export function refuseDeclared(contentLength: string | undefined, limit: number): void {
  const value = Number(contentLength ?? 0);
  if (value > limit) throw new SegmenterError("TooLarge", { what: "upload in bytes", value, limit });
}

async function* filesOf(body: AsyncGenerator<Uint8Array>, contentType: string): AsyncGenerator<IncomingFile> {
  if (!contentType.startsWith("multipart/")) {
    yield { body };
    return;
  }
  const boundary = boundaryOf(contentType);
  if (!boundary) throw new SegmenterError("InvalidRequest", { reason: "expected multipart/form-data with a boundary" });
  yield* readParts(body, boundary);
}
