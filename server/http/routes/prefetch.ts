/** `POST /v1/images/:id/prefetch` encodes the slices beside the one that somebody looks at, and tells of each as it is ready. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import type { Digest } from "../../../core/digest.ts";
import { isSegmenterError, SegmenterError } from "../../../core/errors.ts";
import { type PlaneInfo, PrefetchRequest } from "../../../core/wire/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { jsonBody } from "../middleware/body.ts";

import { ImageParams, jsonContent, problems } from "./shared.ts";

/** Encoding ahead of the user, told slice by slice as server-sent events. */
export function prefetchRoutes({ images, embeddings, models, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const prefetch = createRoute({
    operationId: "prefetchSlices",
    method: "post",
    path: "/v1/images/{id}/prefetch",
    tags: ["embeddings"],
    summary: "Encode the neighbours of a slice",
    description:
      "Events: `ready` {slice, embeddingId, cached}, `failed` {slice, code}, `done` {}. Nearest first; `direction` 1 and -1 look one way, 0 both. Closing the connection cancels.",
    middleware: [jsonBody(limits)],
    request: { params: ImageParams, body: jsonContent(PrefetchRequest) },
    responses: {
      200: { description: "Events", content: { "text/event-stream": { schema: { type: "string" as const } } } },
      ...problems(404, 408, 413, 415, 422),
    },
  });
  app.openapi(prefetch, async (c) => {
    const { id } = c.req.valid("param");
    const { around, direction, count, ...rest } = c.req.valid("json");
    const plane = planeOf((await images.get(id))?.planes, id, rest.plane);
    models.get(rest.model); // an unknown model is an answer, not an event
    if (around >= plane.count) {
      throw new SegmenterError("SliceNotFound", { plane: rest.plane, slice: around, count: plane.count });
    }
    const slices = neighbours({ around, direction, count }, plane.count);
    c.header("X-Accel-Buffering", "no");
    return streamSSE(c, async (stream) => {
      const leaving = new AbortController();
      stream.onAbort(() => leaving.abort());
      for (const slice of slices) {
        if (leaving.signal.aborted) return;
        const event = await embeddings.embed(id, { ...rest, slice }, { signal: leaving.signal, background: true }).then(
          ({ embeddingId, cached }) => ({ event: "ready", data: JSON.stringify({ slice, embeddingId, cached }) }),
          (thrown) => ({ event: "failed", data: JSON.stringify({ slice, code: codeOf(thrown) }) }),
        );
        if (leaving.signal.aborted) return;
        await stream.writeSSE(event);
      }
      await stream.writeSSE({ event: "done", data: "{}" });
    });
  });
  return app;
}

const codeOf = (thrown: unknown): string => (isSegmenterError(thrown) ? thrown.code : "InternalError");

function planeOf(planes: readonly PlaneInfo[] | undefined, imageId: Digest, name: string): PlaneInfo {
  if (!planes) throw new SegmenterError("ImageNotFound", { imageId });
  const plane = planes.find((candidate) => candidate.plane === name);
  if (!plane) throw new SegmenterError("SliceNotFound", { plane: name, slice: 0, count: 0 });
  return plane;
}

/** Up to `count` slice numbers beside `around`, nearest first, without `around` itself. */
export function neighbours(
  { around, direction, count }: Pick<PrefetchRequest, "around" | "direction" | "count">,
  total: number,
): number[] {
  const steps = direction === 0 ? [1, -1] : [direction];
  const all = Array.from({ length: total }, (_, n) => steps.map((step) => around + step * (n + 1))).flat();
  return all.filter((slice) => slice >= 0 && slice < total).slice(0, count);
}
