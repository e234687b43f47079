/** `POST /v1/images/:id/embeddings` encodes a slice, or finds it encoded; `GET /v1/embeddings/:id` gives the tensors. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { EMBEDDING_MEDIA, type Wire } from "../../../core/embedding/file.ts";
import { SegmenterError } from "../../../core/errors.ts";
import { EmbeddingInfo, EmbeddingRequest } from "../../../core/wire/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { jsonBody } from "../middleware/body.ts";
import { timed } from "../middleware/context.ts";
import { immutable } from "./immutable.ts";
import { binary, EmbeddingParams, ImageParams, json, jsonContent, problems } from "./shared.ts";

const MEDIA = Object.values(EMBEDDING_MEDIA);

const read = createRoute({
  operationId: "getEmbedding",
  method: "get",
  path: "/v1/embeddings/{id}",
  tags: ["embeddings"],
  summary: "The tensors of an embedding",
  description:
    "A safetensors file; `Accept` chooses float32, float16 or int8 with scale and offset (the default). HEAD and ranges work.",
  request: { params: EmbeddingParams },
  responses: {
    200: binary("The file", ...MEDIA),
    206: binary("A part of it", ...MEDIA),
    304: { description: "Not changed" },
    ...problems(404, 406, 416),
  },
});

/** Encoding of slices and their tensors. */
export function embeddingRoutes({ embeddings, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const create = createRoute({
    operationId: "createEmbedding",
    method: "post",
    path: "/v1/images/{id}/embeddings",
    tags: ["embeddings"],
    summary: "Encode a slice, once",
    description: "The window is part of the embedding. Equal requests at the same time cost one run of the encoder.",
    middleware: [jsonBody(limits)],
    request: { params: ImageParams, body: jsonContent(EmbeddingRequest) },
    responses: {
      200: json(EmbeddingInfo, "It was there"),
      201: json(EmbeddingInfo, "Encoded now"),
      ...problems(404, 408, 413, 415, 422, 504),
    },
  });
  app.openapi(create, async (c) => {
    const { id } = c.req.valid("param");
    const request = c.req.valid("json");
    const info = await timed(c, "embed", () => embeddings.embed(id, request, { signal: c.req.raw.signal }));
    c.header("Location", `/v1/embeddings/${info.embeddingId}`);
    return info.cached ? c.json(info, 200) : c.json(info, 201);
  });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const wire = wireOf(c.req.header("accept"));
    const bytes = await timed(c, "load", () => embeddings.bytes(id, wire));
    return immutable(c, {
      etag: `${id.slice("sha256:".length)}-${wire}`,
      type: EMBEDDING_MEDIA[wire],
      size: bytes.byteLength,
      read: ({ start, end }) => bytes.slice(start, end + 1),
      headers: { Vary: "Accept" },
      scope: "private",
    });
  });
  return app;
}

/** The best wire type that `Accept` allows; int8 where it does not matter. Throws NotAcceptable. */
export function wireOf(accept: string | undefined): Wire {
  const ranges = (accept ?? "*/*").split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    return { type, q: q === undefined ? 1 : Number(q.slice(2)) };
  });
  const order: readonly Wire[] = ["i8", "f16", "f32"];
  const scored = order.map((wire) => ({ wire, q: qualityOf(EMBEDDING_MEDIA[wire], ranges) }));
  const best = scored.reduce((a, b) => (b.q > a.q ? b : a));
  if (!(best.q > 0)) throw new SegmenterError("NotAcceptable", { supported: MEDIA.join(", ") });
  return best.wire;
}

/** RFC 9110 12.5.1: the most specific range that matches decides. */
function qualityOf(media: string, ranges: readonly { type: string; q: number }[]): number {
  const specific = [media, "application/octet-stream", "application/*", "*/*"];
  for (const type of specific) {
    const range = ranges.find((candidate) => candidate.type === type);
    if (range) return range.q;
  }
  return 0;
}
