/** `GET /v1/models` lists the models that serve, with their manifests and the graphs that the browser runs. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Manifest } from "../../../core/wire/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";

import { immutable } from "./immutable.ts";
import { binary, json, problems } from "./shared.ts";

const ModelParams = z.object({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .describe("model id"),
});
const FileParams = ModelParams.extend({
  name: z
    .string()
    .regex(/^(?!.*\.\.)[\w.-]{1,128}(?:\/[\w.-]{1,128}){0,3}$/)
    .describe("as the manifest spells it"),
});

const list = createRoute({
  operationId: "listModels",
  method: "get",
  path: "/v1/models",
  tags: ["models"],
  summary: "Manifests of the models that serve, the default first",
  responses: { 200: json(z.array(Manifest), "With licence, intended use, sizes and digests"), ...problems() },
});

const read = createRoute({
  operationId: "getModel",
  method: "get",
  path: "/v1/models/{id}",
  tags: ["models"],
  summary: "One manifest",
  request: { params: ModelParams },
  responses: { 200: json(Manifest, "The manifest"), ...problems(404) },
});

const file = createRoute({
  operationId: "getModelFile",
  method: "get",
  path: "/v1/models/{id}/files/{name}",
  tags: ["models"],
  summary: "A file that the manifest names",
  description: "Verified against its digest, which is the ETag. HEAD and ranges work.",
  request: { params: FileParams },
  responses: {
    200: binary("The file", "application/octet-stream"),
    206: binary("A part of it", "application/octet-stream"),
    304: { description: "Not changed" },
    ...problems(404, 416),
  },
});

/** Manifests, and the graphs that the browser runs. */
export function modelRoutes({ models, openFile }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(list, (c) => {
    c.header("Cache-Control", "no-cache");
    return c.json(
      models.list().map(({ manifest }) => manifest),
      200,
    );
  });
  app.openapi(read, (c) => {
    c.header("Cache-Control", "no-cache");
    return c.json(models.get(c.req.valid("param").id).manifest, 200);
  });
  app.openapi(file, (c) => {
    const { id, name } = c.req.valid("param");
    const { path, bytes, digest } = models.file(id, name);
    return immutable(c, {
      etag: digest,
      type: "application/octet-stream",
      size: bytes,
      read: (range) => openFile(path, range),
      scope: "public",
    });
  });
  return app;
}
