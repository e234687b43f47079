/** What the descriptions of several routes share: path parameters, problems, and kinds of bodies. */
import { z } from "zod";
import { Digest, Problem } from "../../../core/wire/index.ts";

/** Path parameters; whatever does not match never reaches a store or a disk. */
export const ImageParams = z.object({ id: Digest.describe("imageId") });
export const EmbeddingParams = z.object({ id: Digest.describe("embeddingId") });

const STATUS_TEXT = {
  400: "The request does not have the documented form",
  401: "No valid bearer token or API key, where the server asks for one",
  403: "Host or origin not allowed",
  404: "Unknown id, slice or model",
  406: "No acceptable media type",
  408: "The body took too long to arrive",
  412: "The embedding belongs to another model",
  413: "Larger than a limit of `/v1/limits`",
  415: "Content type or file format not supported",
  416: "Range outside the representation",
  422: "Well-formed, but impossible: a prompt outside the slice, a broken file",
  429: "Your share of the queue is full; see `Retry-After`",
  500: "A mistake of the server",
  502: "The archive does not answer as it should",
  503: "Busy, starting or stopping; see `Retry-After`",
  504: "The work passed its deadline",
  507: "No disk space",
} as const;
type ProblemStatus = keyof typeof STATUS_TEXT;

const problem = (status: ProblemStatus) => ({
  description: STATUS_TEXT[status],
  content: { "application/problem+json": { schema: Problem } },
});

/** Every route may answer these. */
export const COMMON_PROBLEMS = {
  400: problem(400),
  401: problem(401),
  403: problem(403),
  500: problem(500),
  503: problem(503),
};

/** Problem answers for a route's description. */
export function problems<S extends ProblemStatus>(...statuses: readonly S[]) {
  const own = Object.fromEntries(statuses.map((status) => [status, problem(status)]));
  return { ...COMMON_PROBLEMS, ...(own as Record<S, ReturnType<typeof problem>>) }; // fromEntries loses the keys
}

/** A JSON answer for a route's description. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A required JSON body for a route's description. */
export const jsonContent = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

/** Bytes for a route's description; not validated. */
export const binary = (description: string, ...types: readonly string[]) => ({
  description,
  content: Object.fromEntries(types.map((type) => [type, { schema: { type: "string" as const, format: "binary" } }])),
});
