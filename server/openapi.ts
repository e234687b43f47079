import type { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "zod";
import * as wire from "../core/wire/index.ts";
import type { AppEnv } from "./middleware/context.ts";

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
const NAMED = [
  "ImageInfo",
  "PlaneInfo",
  "EmbeddingRequest",
  "EmbeddingInfo",
  "PrefetchRequest",
  "MaskRequest",
  "SegmentRequest",
  "MaskResponse",
  "MaskResult",
  "Manifest",
  "Problem",
  "Prompt",
  "Transform",
  "Crop",
  "Rle",
  "PixelBox",
  "Window",
  "Context",
] as const satisfies readonly (keyof typeof wire)[];

/** The OpenAPI 3.1 document, made from the same schemas that check the requests. */
export function openApiDocument(app: OpenAPIHono<AppEnv>): { readonly [key: string]: Json } {
  const schemas: Record<string, z.ZodType> = Object.fromEntries(NAMED.map((name) => [name, wire[name]]));
  const known = new Set(app.openAPIRegistry.definitions.flatMap((d) => (d.type === "schema" ? [d] : [])));
  if (known.size === 0)
    for (const [name, schema] of Object.entries(schemas)) app.openAPIRegistry.register(name, schema);
  const raw = app.getOpenAPI31Document({ openapi: "3.1.0", info: INFO, tags: TAGS });
  const { webhooks: _none, ...document } = JSON.parse(JSON.stringify(raw, exactTuples)); // plain JSON
  return withReferences(document);
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
function withReferences(document: { [key: string]: Json }): { readonly [key: string]: Json } {
  const components = document.components as { schemas: Record<string, Json> }; // registered above
  const names = new Map(Object.entries(components.schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  const replace = (value: Json, own?: string): Json => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => replace(item));
    const name = names.get(JSON.stringify(value));
    if (name !== undefined && name !== own) return { $ref: `#/components/schemas/${name}` };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  };
  const schemas = Object.fromEntries(
    Object.entries(components.schemas).map(([name, schema]) => [name, replace(schema, name)]),
  );
  const { components: _written, ...rest } = document;
  const replaced = replace(rest) as { [key: string]: Json }; // an object without a name of its own stays an object
  return { ...replaced, components: { schemas } };
}
