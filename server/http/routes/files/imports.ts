/** `POST /v1/images/:id/imports`: a file of segments becomes masks on an image. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { ImportResult } from "../../../../core/wire/index.ts";
import type { AppEnv } from "../../app-env.ts";
import type { AppDeps } from "../../deps.ts";
import { chunksOf } from "../../middleware/body.ts";
import { timed } from "../../middleware/context.ts";
import { refuseDeclared } from "../images.ts";
import { ImageParams, json, problems } from "../shared.ts";

const imports = createRoute({
  operationId: "importSegments",
  method: "post",
  path: "/v1/images/{id}/imports",
  tags: ["images"],
  summary: "A file of segments as masks on this image",
  description:
    "The body is one file: DICOM SEG or RTSTRUCT, a labelmap as NIfTI, NRRD (`.seg.nrrd` with its names), MHA or PNG, COCO or GeoJSON, or a ZIP of such files, as exports of several files are. Formats are told by their bytes. Segments are laid on the image by their place in the patient, by the nearest voxel where the grids differ; a file of another patient space is refused as `DoesNotFit`. Nothing is kept.",
  request: {
    params: ImageParams,
    body: {
      required: true,
      content: { "application/octet-stream": { schema: { type: "string" as const, format: "binary" } } },
    },
  },
  responses: {
    200: json(ImportResult, "Segments with their masks, by slice of the native plane"),
    ...problems(404, 408, 413, 415, 422, 507),
  },
});

/** Import of segments. */
export function importRoutes({ images, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(imports, async (c) => {
    refuseDeclared(c.req.header("content-length"), limits.uploadBytes);
    const { id } = c.req.valid("param");
    const body = chunksOf(c.req.raw.body, limits.uploadMs);
    const { signal } = c.req.raw;
    const result = await timed(c, "read", () => images.importSegments(id, { body }, { signal }));
    // The process that read the file wrote the JSON; an answer of many masks is not parsed to be written again.
    return c.body(result, 200, { "Content-Type": "application/json", "Cache-Control": "no-store" }) as never;
  });
  return app;
}
