/** `POST /v1/images` takes a file, a series or the name of one in an archive, `GET /v1/images/:id` says what the server knows of it. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import { SegmenterError } from "../../../core/errors.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import { Digest, ImageDescription, ImageInfo, ImageReference, Problem, SeriesSalt } from "../../../core/wire/index.ts";
import type { AddedImage, IncomingFile } from "../../images/types.ts";
import { boundaryOf, readParts } from "../../multipart/multipart.ts";
import type { Progress, Retrieval } from "../../sources/dicomweb/retrieve.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { chunksOf, jsonBody } from "../middleware/body.ts";
import { timed } from "../middleware/context.ts";
import { invalidRequest, problemOf } from "../problem.ts";
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

/** JSON names a series of an archive; anything else is the bytes themselves. */
const onlyJson =
  (read: MiddlewareHandler<AppEnv>): MiddlewareHandler<AppEnv> =>
  (c, next) =>
    isJson(c) ? read(c, next) : next();
const isJson = (c: Context<AppEnv>) => /^application\/json\b/i.test(c.req.header("content-type") ?? "");

const upload = (limits: AppDeps["limits"]) =>
  createRoute({
    operationId: "uploadImage",
    method: "post",
    path: "/v1/images",
    tags: ["images"],
    summary: "Upload an image or a series",
    description:
      "The body is one file, or `multipart/form-data` with every file of one series. Formats are told by their bytes. The answer describes what was just read: the same pixels with another modality, window or source are another image, and warnings are always those of this upload. Files that hold several images (series, echoes, time points, volumes) give one: `warnings` say what was left out, and `index` asks for another. JSON names a series of an archive or of the server's folder instead; with `Accept: text/event-stream` its answer is events: `progress` {done, total}, then `image` or `problem` {code, info}.",
    middleware: [onlyJson(jsonBody(limits))],
    request: {
      query: UploadQuery,
      body: {
        required: true,
        content: {
          "application/octet-stream": { schema: FILE },
          "application/json": { schema: { $ref: "#/components/schemas/ImageReference" } }, // a schema of zod would refuse the others
          "multipart/form-data": {
            schema: { type: "object", properties: { file: { type: "array", items: FILE } }, required: ["file"] },
          },
        },
      },
    },
    responses: {
      200: {
        description: "The same image was here before; or the events of an archive",
        content: {
          "application/json": { schema: ImageInfo },
          "text/event-stream": { schema: { type: "string" as const } },
        },
      },
      201: json(ImageInfo, "Read and kept"),
      ...problems(400, 404, 408, 413, 415, 422, 502, 504, 507),
    },
  });

const Query = z.strictObject({
  source: z
    .enum(["true", "false"])
    .optional()
    .describe("`true` adds `source`: DICOM UIDs and attributes of where the image came from, which are patient data"),
});

const read = createRoute({
  operationId: "getImage",
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
  operationId: "getSeriesSalt",
  method: "get",
  path: "/v1/series",
  tags: ["images"],
  summary: "How a series is named here",
  description: "The salt holds until the server starts again.",
  responses: { 200: json(SeriesSalt, 'Its key is `sha256(salt + "\\n" + SeriesInstanceUID)`'), ...problems() },
});

const series = createRoute({
  operationId: "findSeries",
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
export function imageRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const { images, limits } = deps;
  app.openapi(upload(limits), async (c) => {
    if (isJson(c)) return byReference(deps, c);
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
    const info = await images.get(id);
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

/** A series that is here or in an archive, told as it comes where the caller wants events. */
async function byReference(deps: AppDeps, c: Context<AppEnv>) {
  const { data, error } = ImageReference.safeParse(await c.req.json().catch(() => undefined));
  if (!data) throw invalidRequest(error);
  const { signal } = c.req.raw;
  const token = c.req.header("authorization");
  if (!c.req.header("accept")?.includes("text/event-stream")) {
    const { info, created } = await timed(c, "archive", () => named(deps, data, { token, signal }));
    c.header("Location", `/v1/images/${info.imageId}`);
    return created ? c.json(info, 201) : c.json(info, 200);
  }
  c.header("X-Accel-Buffering", "no");
  return streamSSE(c, async (stream) => {
    const leaving = new AbortController();
    stream.onAbort(() => leaving.abort());
    const tell = (event: string, data: object) => stream.writeSSE({ event, data: JSON.stringify(data) });
    const onProgress = (progress: Progress) => void tell("progress", progress);
    await named(deps, data, { token, signal: AbortSignal.any([signal, leaving.signal]), onProgress }).then(
      ({ info }) => tell("image", info),
      async (thrown) => tell("problem", Problem.parse(await problemOf(thrown).json())),
    );
  });
}

type Retrieve = Pick<Retrieval, "token" | "onProgress"> & { readonly signal: AbortSignal };

/** The image that a reference means. */
const named = (deps: AppDeps, reference: ImageReference, call: Retrieve): Promise<AddedImage> =>
  "seriesId" in reference
    ? deps.folder.open(reference.seriesId, { index: reference.index, signal: call.signal })
    : retrieved(deps, reference, call);

/** The files of the series go the way of an upload. */
function retrieved(
  deps: AppDeps,
  { dicomweb, index }: Extract<ImageReference, { dicomweb: unknown }>,
  call: Retrieve,
): Promise<AddedImage> {
  return deps.images.addFrom(fetchSeries(deps, { ...dicomweb, ...call }), { signal: call.signal, index });
}

type Asked = Parameters<AppDeps["archives"]["retrieve"]>[0];

/** Fills a folder with files of a series. An archive that sends somebody else's images is found out before they are read. */
export const fetchSeries =
  ({ archives, images }: Pick<AppDeps, "archives" | "images">, asked: Omit<Asked, "dir">) =>
  async (dir: string): Promise<string[]> => {
    const paths = await archives.retrieve({ ...asked, dir });
    const heads = await images.heads(paths);
    const isAsked = heads.every(
      (head) => head?.dicom?.studyUid === asked.study && head.dicom.seriesUid === asked.series,
    );
    if (isAsked) return paths;
    throw new SegmenterError("ArchiveFailed", { status: 200, reason: "it sent other images than were asked for" });
  };

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
