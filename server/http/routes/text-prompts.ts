/** `POST /v1/text-prompts` says which structure of the vocabulary a text means. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { SegmenterError } from "../../../core/errors.ts";
import { ListedTerm, TextPromptAnswer, TextPromptRequest } from "../../../core/wire/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { jsonBody } from "../middleware/body.ts";
import { json, jsonContent, problems } from "./shared.ts";

/** What the vocabulary makes of a text, before anything is decoded. */
export function textPromptRoutes({ images, vocabulary, names, places, limits }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  const resolve = createRoute({
    operationId: "resolveText",
    method: "post",
    path: "/v1/text-prompts",
    tags: ["masks"],
    summary: "A text to the name of a structure",
    description:
      "Any spelling, synonym or clear typo of a name that the vocabulary knows. What it does not know gets suggestions, ranked by letters and, where the server has a text encoder, by meaning; as a prompt it would be `UnknownTerm`. With a slice, and a model that has a heat map, also places where it may be.",
    middleware: [jsonBody(limits)],
    request: { body: jsonContent(TextPromptRequest) },
    responses: {
      200: json(TextPromptAnswer, "The term, or suggestions"),
      ...problems(404, 408, 413, 415, 422, 504),
    },
  });
  app.openapi(resolve, async (c) => {
    const { text, imageId, modality, task, slice, ...at } = c.req.valid("json");
    const info = imageId === undefined ? undefined : await images.get(imageId);
    if (imageId !== undefined && !info) throw new SegmenterError("ImageNotFound", { imageId });
    const answer = await names.resolve(text, { modality: modality ?? info?.modality, task });
    if (imageId === undefined || slice === undefined) return c.json(answer, 200);
    const asked = { ...at, text, known: answer.known, imageId, slice };
    const found = await places.find(asked, { signal: c.req.raw.signal });
    return c.json({ ...answer, ...(found ? { places: found } : {}) }, 200);
  });
  const list = createRoute({
    operationId: "getVocabulary",
    method: "get",
    path: "/v1/vocabulary",
    tags: ["masks"],
    summary: "The structures that a text may name",
    description: "Canonical names with their synonyms, for lists to choose from and for completion.",
    responses: { 200: json(z.array(ListedTerm), "Every structure"), ...problems() },
  });
  app.openapi(list, (c) => c.json([...vocabulary.entries], 200));
  return app;
}
