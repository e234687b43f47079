import { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "zod";
import {
  Crop,
  EmbeddingInfo,
  EmbeddingRequest,
  ImageInfo,
  Manifest,
  MaskRequest,
  MaskResponse,
  MaskResult,
  PixelBox,
  PlaneInfo,
  PrefetchRequest,
  Problem,
  Prompt,
  PromptContext,
  Rle,
  SegmentRequest,
  TextPromptAnswer,
  TextPromptRequest,
  Transform,
  Window,
} from "../../core/wire/index.ts";
import type { AppEnv } from "./app-env.ts";

/** A JSON value of the document. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const INFO = {
  title: "Promptomy",
  version: "1",
  description:
    "Promptable segmentation for medical images: a slice is encoded once, each prompt is answered from the embedding. Research use; not a medical device, not for diagnosis.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

const TAGS = [
  { name: "images", description: "Pictures and volumes, named by their pixels" },
  { name: "embeddings", description: "Encoder output, immutable" },
  { name: "masks", description: "Prompts answered on the server" },
  { name: "models", description: "Manifests and graphs" },
  { name: "operations", description: "Limits, health and metrics" },
];

/** Shapes that get a name of their own in the document. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  ImageInfo,
  PlaneInfo,
  EmbeddingRequest,
  EmbeddingInfo,
  PrefetchRequest,
  MaskRequest,
  SegmentRequest,
  MaskResponse,
  MaskResult,
  TextPromptRequest,
  TextPromptAnswer,
  Manifest,
  Problem,
  Prompt,
  Transform,
  Crop,
  Rle,
  PixelBox,
  Window,
  PromptContext,
};

/** The OpenAPI 3.1 document of a finished app, once, made from the same schemas that check the requests. */
export function openApiDocument(app: OpenAPIHono<AppEnv>): { readonly [key: string]: Json } {
  const { webhooks: _none, components: _empty, ...document } = plain(app);
  return withReferences({ ...document, info: INFO, tags: TAGS }, namedSchemas());
}

const plain = (app: OpenAPIHono<AppEnv>): { readonly [key: string]: Json } =>
  JSON.parse(JSON.stringify(app.getOpenAPI31Document({ openapi: "3.1.0", info: INFO }), exactTuples));

/** Each named shape as the generator writes it out: read back from a route that answers with it. */
function namedSchemas(): ReadonlyMap<string, Json> {
  const app = new OpenAPIHono<AppEnv>();
  for (const [name, schema] of Object.entries(NAMED)) {
    const content = { "application/json": { schema } };
    app.openAPIRegistry.registerPath({
      method: "get",
      path: `/${name}`,
      responses: { 200: { description: name, content } },
    });
  }
  const shape = (name: string): Json => {
    let at: Json | undefined = plain(app);
    for (const key of ["paths", `/${name}`, "get", "responses", "200", "content", "application/json", "schema"]) {
      at =
        typeof at === "object" && at !== null && !Array.isArray(at) ? (at as { [key: string]: Json })[key] : undefined; // Array.isArray does not narrow readonly arrays
    }
    return at ?? {};
  };
  return new Map(Object.keys(NAMED).map((name) => [name, shape(name)]));
}

/** The generator leaves the length of tuples open, and writes the pattern of a digest too loosely. */
function exactTuples(key: string, value: unknown): unknown {
  if (key === "pattern" && value === "^sha256:.*$") return "^sha256:[0-9a-f]{64}$";
  if (typeof value !== "object" || value === null || !("prefixItems" in value)) return value;
  if (!Array.isArray(value.prefixItems) || "items" in value) return value;
  const length = value.prefixItems.length;
  return { ...value, items: false, minItems: length, maxItems: length };
}

/** Writes `$ref` wherever a named shape was written out. */
function withReferences(document: { readonly [key: string]: Json }, named: ReadonlyMap<string, Json>) {
  const names = new Map([...named].map(([name, schema]) => [JSON.stringify(schema), name]));
  const replace = (value: Json): Json => {
    if (typeof value !== "object" || value === null) return value;
    const name = names.get(JSON.stringify(value));
    return name === undefined ? inside(value) : { $ref: `#/components/schemas/${name}` };
  };
  const inside = (value: Json): Json => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(replace);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  };
  const schemas = Object.fromEntries([...named].map(([name, schema]) => [name, inside(schema)]));
  const replaced = Object.fromEntries(Object.entries(document).map(([key, value]) => [key, replace(value)]));
  return { ...replaced, components: { schemas } };
}
