/** `POST /v1/images` takes a file or a series, `GET /v1/images/:id` says what the server knows of it. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { SegmenterError } from "../../../core/errors.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import { ImageDescription, ImageInfo } from "../../../core/wire/index.ts";
import type { IncomingFile } from "../../images/types.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { chunksOf } from "../middleware/body.ts";
import { timed } from "../middleware/context.ts";
import { boundaryOf, readParts } from "../multipart.ts";
import { ImageParams, json, problems } from "./shared.ts";

const FILE = { type: "string" as const, format: "binary" };

const UploadQuery = z.strictObject({
  index: z
    .string()
    .regex(/^\d{1,5}$/)
    .optional()
    .describe(
      "which image of the files, counted from 0 as `listImages` does; without it the one that is most likely meant",
    ),
});

const upload = createRoute({
  method: "post",
  path: "/v1/images",
  tags: ["images"],
  summary: "Upload an image or a series",
  description:
    "The body is one file, or `multipart/form-data` with every file of one series. Formats are told by their bytes. The answer describes what was just read: the same pixels with another modality, window or source are another image, and warnings are always those of this upload. Files that hold several images (series, echoes, time points, volumes) give one: `warnings` say what was left out, and `index` asks for another.",
  request: {
    query: UploadQuery,
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
    ...problems(400, 408, 413, 415, 422, 507),
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

/** Upload and description of images. */
export function imageRoutes({ images, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(upload, async (c) => {
    refuseDeclared(c.req.header("content-length"), limits.uploadBytes);
    const body = chunksOf(c.req.raw.body, limits.uploadMs);
    const files = filesOf(body, c.req.header("content-type") ?? "");
    const { index } = c.req.valid("query");
    const call = { signal: c.req.raw.signal, index: index === undefined ? undefined : Number(index) };
    const { info, created } = await timed(c, "read", () => images.add(files, call));
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
