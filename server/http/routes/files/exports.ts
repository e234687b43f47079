/** `POST /v1/exports`: a result as a file. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { SegmenterError } from "../../../../core/errors.ts";
import { ExportRequest } from "../../../../core/wire/index.ts";
import type { ExportOrder } from "../../../images/types.ts";
import { withCodes } from "../../../work/coded.ts";
import { reportValues } from "../../../work/report-values.ts";
import type { AppEnv } from "../../app-env.ts";
import type { AppDeps } from "../../deps.ts";
import { jsonBody } from "../../middleware/body.ts";
import { timed } from "../../middleware/context.ts";
import { binary, jsonContent, problems } from "../shared.ts";

/** Export of segments. */
export function exportRoutes({
  images,
  jobs,
  models,
  vocabulary,
  limits,
  version = "0",
}: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const create = createRoute({
    operationId: "exportResult",
    method: "post",
    path: "/v1/exports",
    tags: ["masks"],
    summary: "A result as a file",
    description:
      "Segments with their masks → DICOM SEG, NIfTI, PNG, COCO and more; a ZIP archive where the format is several files. DICOM formats refer to the instances that the image came from, and are refused as `CannotExport` for an image that is no DICOM. The answer of a DICOM format holds patient data, as its source does.",
    middleware: [jsonBody({ ...limits, jsonBodyBytes: limits.exportBodyBytes })],
    request: { body: jsonContent(ExportRequest) },
    responses: {
      200: binary("The file; its name stands in `Content-Disposition`", "application/octet-stream"),
      ...problems(404, 408, 413, 415, 422, 507),
    },
  });
  app.openapi(create, async (c) => {
    const asked = await withJobs(c.req.valid("json"), jobs);
    const info = await images.get(asked.imageId);
    const request = withCodes(asked, vocabulary, info?.modality ?? "");
    const { manifest } = models.get(request.model);
    const { digest } = manifest.graphs.encoder;
    const model = { id: manifest.id, version: manifest.version, ...(digest && { digest }) };
    const file = await timed(c, "write", () => exportedFrom(images, { request, version, model }, c.req.raw.signal));
    return c.body(file.body, 200, {
      "Content-Type": file.type,
      "Content-Length": String(file.bytes),
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      "Cache-Control": "no-store",
    }) as never; // the description says bytes, which no type of an answer does
  });
  return app;
}

async function exportedFrom(images: AppDeps["images"], order: ExportOrder, signal: AbortSignal) {
  const { request } = order;
  const values = await reportValues(images, request, await images.get(request.imageId));
  return images.exportSegments({ ...order, ...(values && { values }) }, { signal });
}

/** Segments that name a job get its masks. */
async function withJobs(request: ExportRequest, jobs: AppDeps["jobs"]): Promise<ExportRequest> {
  const segments = request.segments.map(async ({ jobId, ...segment }) => {
    if ((jobId === undefined) === (segment.masks === undefined))
      throw new SegmenterError("InvalidRequest", { reason: "expected either masks or jobId", path: "segments" });
    if (jobId === undefined) return segment;
    const { imageId, plane, segments } = await jobs.get(jobId);
    if (imageId !== request.imageId)
      throw new SegmenterError("InvalidRequest", { reason: "the job is about another image", path: "segments" });
    const masks = segments.flatMap(({ masks }) =>
      masks.map(({ slice, rle, origin, byName }) => ({
        ...{ plane, slice, rle, ...(byName && { byName }) },
        origin: origin === "given" ? ("prompted" as const) : origin,
      })),
    );
    return { ...segment, masks };
  });
  return { ...request, segments: await Promise.all(segments) };
}
