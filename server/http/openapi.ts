/** The OpenAPI document, made from the routes of the finished app. */
import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { z } from "zod";
import {
  ArchiveInfo,
  ArchiveSeries,
  ArchiveSeriesRef,
  ArchiveSeriesRequest,
  ArchiveStored,
  ArchiveStudiesRequest,
  ArchiveStudy,
  ArchiveThumbnailRequest,
  Crop,
  EmbeddingInfo,
  EmbeddingRequest,
  EngineModel,
  ExportRequest,
  ExportSegment,
  ImageDescription,
  ImageInfo,
  ImageReference,
  ImageSource,
  ImportedSegment,
  ImportResult,
  Job,
  JobMask,
  JobPlace,
  Manifest,
  MaskRequest,
  MaskResponse,
  MaskResult,
  PhrasePlace,
  PixelBox,
  PlaneInfo,
  PrefetchRequest,
  Problem,
  Prompt,
  PromptContext,
  Rle,
  SegmentationRequest,
  SegmentCode,
  SegmentRequest,
  SeriesImage,
  SeriesSalt,
  StudyEntry,
  StudySeries,
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

/** Asked for only where the server was started with `--oidc-issuer` or `--keys`: without either nobody signs in. */
const SECURITY = [{}, { bearer: [] }];
const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An OIDC access token, or an API key of this server" },
};

/** Where the document itself came from. */
const SERVERS = [{ url: "/" }];

const TAGS = [
  { name: "images", description: "Images and volumes, named by their content" },
  { name: "archives", description: "Search, and images from and to archives that speak DICOMweb" },
  { name: "embeddings", description: "Encoder output, immutable" },
  { name: "masks", description: "Prompts answered on the server" },
  { name: "jobs", description: "A segment through a volume" },
  { name: "models", description: "Manifests and graphs" },
  { name: "operations", description: "Limits, health and metrics" },
];

/** Shapes that get a name of their own in the document: zod writes a `$ref` wherever it meets one. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  ArchiveInfo,
  ArchiveStudiesRequest,
  ArchiveStudy,
  ArchiveSeriesRef,
  ArchiveThumbnailRequest,
  ArchiveSeriesRequest,
  ArchiveSeries,
  ArchiveStored,
  ImageInfo,
  ImageReference,
  ImageDescription,
  ImageSource,
  SeriesSalt,
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
  EngineModel,
  Problem,
  Prompt,
  Transform,
  Crop,
  Rle,
  PhrasePlace,
  PixelBox,
  Window,
  PromptContext,
  SegmentationRequest,
  SeriesImage,
  StudyEntry,
  StudySeries,
  Job,
  JobMask,
  JobPlace,
  SegmentCode,
  ImportedSegment,
  ImportResult,
  ExportRequest,
  ExportSegment,
};

for (const [id, schema] of Object.entries(NAMED)) schema.register(z.globalRegistry, { ...schema.meta(), id });

const COMPONENTS = "#/components/schemas/";

type JsonObject = { readonly [key: string]: Json };
/** Whether a shape is described as what may be sent or as what is answered: a default makes a field optional or certain. */
type Direction = "input" | "output";

/** The OpenAPI 3.1 document of a finished app, once, made from the same schemas that check the requests. */
export function openApiDocument(app: OpenAPIHono<AppEnv>): JsonObject {
  const schemas: Record<string, Json> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { path, method } = definition.route;
    paths[path] = { ...paths[path], [method]: operationOf(definition.route, schemas) };
  }
  for (const schema of Object.values(NAMED)) schemaOf(schema, "output", schemas);
  const named = Object.fromEntries(Object.keys(NAMED).map((name) => [name, schemas[name] ?? {}]));
  const components = { schemas: named, securitySchemes: SECURITY_SCHEMES };
  return { openapi: "3.1.0", info: INFO, servers: SERVERS, security: SECURITY, tags: TAGS, paths, components };
}

function operationOf(route: RouteConfig, schemas: Record<string, Json>): Json {
  const { operationId = "", tags = [], summary = "", description, request = {}, responses } = route;
  const parameters = [
    ...parametersOf(request.params, "path", schemas),
    ...parametersOf(request.query, "query", schemas),
  ];
  return {
    operationId,
    tags,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(request.body ? { requestBody: described(request.body, "input", schemas) } : {}),
    responses: described(responses, "output", schemas),
  };
}

function parametersOf(shape: unknown, place: "path" | "query", schemas: Record<string, Json>): Json[] {
  if (!(shape instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(shape.shape).map(([name, schema]) => ({
    name,
    in: place,
    required: !schema.safeParse(undefined).success,
    ...(schema.description === undefined ? {} : { description: schema.description }),
    schema: schemaOf(schema, "input", schemas),
  }));
}

/** A part of a route's description with every schema in it written out. */
function described(value: unknown, direction: Direction, schemas: Record<string, Json>): Json {
  if (value instanceof z.ZodType) return schemaOf(value, direction, schemas);
  if (Array.isArray(value)) return value.map((one) => described(one, direction, schemas));
  if (typeof value === "object" && value !== null) {
    if ("$ref" in value) schemaOf(namedBy(value.$ref), direction, schemas);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, described(one, direction, schemas)]));
  }
  return value as Json; // what is left of a description are texts, numbers and flags
}

/** The shape that a route refers to by its place in the document. */
function namedBy(reference: unknown): z.ZodType {
  const schema = NAMED[String(reference).replace(COMPONENTS, "")];
  if (!schema) throw new RangeError(`${reference} is no named shape of the document.`);
  return schema;
}

/** A schema as JSON Schema; the named shapes in it go to `schemas`. */
function schemaOf(schema: z.ZodType, io: Direction, schemas: Record<string, Json>): Json {
  const { $schema: _dialect, $defs = {}, ...own } = z.toJSONSchema(schema, { io, override: withPlainRules });
  for (const [name, shape] of Object.entries($defs)) schemas[name] ??= placed(shape);
  return placed(own);
}

/** References to where OpenAPI keeps named shapes; a shape knows its name by its place. */
function placed(shape: object): Json {
  const replace = (key: string, value: unknown): unknown => {
    // `maxItems` closes a tuple already, and some generators of clients take no `false` for a schema.
    if (key === "items" && value === false) return undefined;
    return key === "$ref" && typeof value === "string" ? value.replace("#/$defs/", COMPONENTS) : value;
  };
  const { id: _name, ...rest } = JSON.parse(JSON.stringify(shape, replace));
  return rest;
}

function withPlainRules({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // The bounds of exact integers are JavaScript's, not ours.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Classes of Unicode letters are an error to readers in other languages; the description says them.
  if (jsonSchema.pattern?.includes("\\p{")) delete jsonSchema.pattern;
}
