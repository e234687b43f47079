/**
 * This server as the engine of another one: the encoder of a model by the Open Inference Protocol v2 with its binary tensor
 * extension. The version of a model is the digest of its encoder, so that nobody is given the numbers of another one.
 */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { isSegmenterError, SegmenterError, toError } from "../../../../core/errors.ts";
import type { Tensor } from "../../../../core/tensor/session.ts";
import { EngineModel } from "../../../../core/wire/index.ts";
import { readTensors, writeTensors } from "../../../inference/oip-message.ts";
import type { Model, ModelRegistry } from "../../../models/registry.ts";
import type { AppEnv } from "../../app-env.ts";
import type { AppDeps } from "../../deps.ts";
import { chunksOf } from "../../middleware/body.ts";
import { timed } from "../../middleware/context.ts";
import { refuseDeclared } from "../images.ts";
import { binary, json, problems } from "../shared.ts";

const Params = z.object({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .describe("model id"),
  version: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("sha256 of the encoder graph"),
});
const PATH = "/v2/models/{id}/versions/{version}";
const OCTETS = "application/octet-stream";
/** The JSON in front of the tensor. */
const JSON_BYTES = 64 * 1024;
const INPUT = "image";

const describeModel = createRoute({
  operationId: "getEngineModel",
  method: "get",
  path: PATH,
  tags: ["models"],
  summary: "The encoder of a model, for another server",
  description: "The metadata of the Open Inference Protocol v2.",
  request: { params: Params },
  responses: { 200: json(EngineModel, "Names and shapes"), ...problems(404) },
});

const infer = createRoute({
  operationId: "inferEngineModel",
  method: "post",
  path: `${PATH}/infer`,
  tags: ["models"],
  summary: "Run an encoder on a preprocessed image",
  description:
    "An inference request of the Open Inference Protocol v2 with the binary tensor extension: one float32 tensor `image`, [1, 3, S, S]. All tensors of the answer are binary.",
  request: {
    params: Params,
    body: { required: true, content: { [OCTETS]: { schema: { type: "string" as const, format: "binary" } } } },
  },
  responses: { 200: binary("The encoder's tensors", OCTETS), ...problems(404, 408, 413, 504) },
});

/** Encoders for other servers. */
export function engineRoutes({ models, infer: run, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(describeModel, (c) => c.json(described(find(models, c.req.valid("param"))), 200));
  app.openapi(infer, async (c) => {
    const { id, manifest } = find(models, c.req.valid("param"));
    const { size } = manifest.input;
    const limit = JSON_BYTES + 4 * 3 * size * size;
    refuseDeclared(c.req.header("content-length"), limit);
    const bytes = await bounded(chunksOf(c.req.raw.body, limits.requestMs), limit);
    const image = imageOf(bytes, c.req.raw.headers, size);
    const { tensors } = await timed(c, "infer", () => run({ modelId: id, image }, { signal: c.req.raw.signal }));
    const { body, headers } = writeTensors("outputs", tensors, { model_name: id });
    return c.body(body, 200, { ...headers, "Cache-Control": "no-store" });
  });
  return app;
}

/** Throws UnknownModel for another version too. */
function find(models: ModelRegistry, { id, version }: z.infer<typeof Params>): Model {
  const model = models.get(id);
  if (model.graphs.encoder.digest !== `sha256:${version}`) throw new SegmenterError("UnknownModel", { modelId: id });
  return model;
}

function described({ id, manifest, graphs }: Model): EngineModel {
  const { input, embedding } = manifest;
  const spec = (name: string, shape: number[]) => ({ name, shape, datatype: "FP32" });
  return {
    name: id,
    versions: [graphs.encoder.digest.slice("sha256:".length)],
    platform: "promptomy",
    inputs: [spec(INPUT, [1, 3, input.size, input.size])],
    outputs: [spec("image_embeddings", embedding.shape.length === 3 ? [1, ...embedding.shape] : embedding.shape)],
  };
}

async function bounded(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(limit);
  let at = 0;
  for await (const chunk of chunks) {
    const value = at + chunk.byteLength;
    if (value > limit) throw new SegmenterError("TooLarge", { what: "request in bytes", value, limit });
    bytes.set(chunk, at);
    at = value;
  }
  return bytes.subarray(0, at);
}

/** Throws InvalidRequest unless the body is one image of the model's size. */
function imageOf(bytes: Uint8Array, headers: Headers, size: number): Float32Array {
  const [image, ...others] = Object.values(inputsOf(bytes, headers));
  if (others.length > 0 || image?.dims.join() !== [1, 3, size, size].join() || !(image.data instanceof Float32Array))
    throw new SegmenterError("InvalidRequest", { reason: `expected one FP32 tensor [1, 3, ${size}, ${size}]` });
  return image.data;
}

function inputsOf(bytes: Uint8Array, headers: Headers): Record<string, Tensor> {
  try {
    return readTensors("inputs", bytes, headers);
  } catch (cause) {
    if (isSegmenterError(cause)) throw cause;
    const reason = "expected an inference request with binary tensors";
    throw new SegmenterError("InvalidRequest", { reason }, { cause: toError(cause) });
  }
}
