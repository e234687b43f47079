import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { SegmenterError } from "../../../core/errors.ts";
import { MaskResponse, SegmentRequest } from "../../../core/wire/index.ts";
import type { IncomingFile } from "../../images/types.ts";
import { boundaryOf, type Part, readParts } from "../../multipart/multipart.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { boundedText, chunksOf } from "../middleware/body.ts";
import { timed } from "../middleware/context.ts";
import { invalidRequest } from "../problem.ts";
import { refuseDeclared } from "./images.ts";
import { checkPrompts } from "./prompt-limits.ts";
import { json, problems } from "./shared.ts";

const segment = createRoute({
  operationId: "segmentFile",
  method: "post",
  path: "/v1/segment",
  tags: ["masks"],
  summary: "One call: a file and prompts to masks",
  description: "`multipart/form-data` with `request` (JSON) and `image` (one file, or every file of a series).",
  request: {
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            properties: {
              image: { type: "array", items: { type: "string", format: "binary" } },
              request: { $ref: "#/components/schemas/SegmentRequest" },
            },
            required: ["image", "request"],
          },
        },
      },
    },
  },
  responses: {
    200: json(MaskResponse, "As `POST /v1/masks`"),
    ...problems(404, 408, 413, 415, 422, 504, 507),
  },
});

/** Upload, encoding and decoding in one request. */
export function segmentRoutes({ images, masks, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(segment, async (c) => {
    refuseDeclared(c.req.header("content-length"), limits.uploadBytes);
    const boundary = boundaryOf(c.req.header("content-type") ?? "");
    if (!boundary)
      throw new SegmenterError("InvalidRequest", { reason: "expected multipart/form-data with a boundary" });
    const { signal } = c.req.raw;
    const form = splitForm(readParts(chunksOf(c.req.raw.body, limits.uploadMs), boundary), limits.jsonBodyBytes);
    const { info } = await timed(c, "read", () => images.add(form.files, { signal }));
    const request = form.request();
    checkPrompts(request.prompts, limits);
    const answer = await timed(c, "mask", () => masks.masks({ ...request, imageId: info.imageId }, { signal }));
    return c.json(answer, 200);
  });
  return app;
}

/** The `image` parts as files, and the `request` part, whichever comes first. */
function splitForm(parts: AsyncIterable<Part>, limit: number) {
  let request: SegmentRequest | undefined;
  let images = 0;
  const refuse = (reason: string) => new SegmenterError("InvalidRequest", { reason, path: "body" });
  async function* files(): AsyncGenerator<IncomingFile> {
    for await (const { name, body } of parts) {
      if (name === "request" && request) throw refuse("expected one part named request, got several");
      if (name === "request") request = parseRequest(await boundedText(body, limit));
      else if (name === "image") {
        images++;
        yield { body };
      } else throw refuse("expected parts named image and request");
    }
    if (!request) throw refuse("expected a part named request");
    if (images === 0) throw refuse("expected a part named image");
  }
  return {
    files: files(),
    request(): SegmentRequest {
      if (!request) throw new SegmenterError("InvalidRequest", { reason: "expected a part named request" });
      return request;
    },
  };
}

function parseRequest(text: string): SegmentRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SegmenterError("InvalidRequest", { reason: "expected JSON", path: "request" }, { cause });
  }
  const parsed = SegmentRequest.safeParse(value);
  if (!parsed.success) throw invalidRequest(parsed.error);
  return parsed.data;
}
