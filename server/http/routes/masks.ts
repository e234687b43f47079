import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { SegmenterError } from "../../../core/errors.ts";
import { MaskRequest, MaskResponse } from "../../../core/wire/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { jsonBody } from "../middleware/body.ts";
import { timed } from "../middleware/context.ts";
import { checkPrompts } from "./prompt-limits.ts";
import { json, jsonContent, problems } from "./shared.ts";

/** Masks decoded on the server, for clients without a decoder and for scripts. */
export function maskRoutes({ masks, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const create = createRoute({
    operationId: "createMasks",
    method: "post",
    path: "/v1/masks",
    tags: ["masks"],
    summary: "Prompts to masks",
    description:
      "Names an embedding, or a slice that is encoded first. Coordinates are pixels of the slice, integer = pixel centre. `previous` refines an earlier answer.",
    middleware: [jsonBody(limits)],
    request: { body: jsonContent(MaskRequest) },
    responses: {
      200: json(MaskResponse, "Best predicted IoU first; run lengths are column-major, zeros first (COCO)"),
      ...problems(404, 408, 412, 413, 415, 422, 504),
    },
  });
  app.openapi(create, async (c) => {
    const request = c.req.valid("json");
    if ((request.embeddingId === undefined) === (request.imageId === undefined)) {
      throw new SegmenterError("InvalidRequest", { reason: "expected either embeddingId or imageId" });
    }
    checkPrompts(request.prompts, limits);
    const answer = await timed(c, "mask", () => masks.masks(request, { signal: c.req.raw.signal }));
    return c.json(answer, 200);
  });
  return app;
}
