import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { SegmenterError } from "../../core/errors.ts";
import { isOf, withMeasures } from "../../core/text/measures.ts";
import { createVocabulary, type Vocabulary } from "../../core/text/vocabulary.ts";
import { NameMeasures, VocabularyEntry } from "../../core/wire/index.ts";
import { errorCode } from "../disk/durable.ts";
import type { Model } from "./registry.ts";

/**
 * Reads `models/vocabulary.json`, and what `names.json` beside the model says of its names. Throws MalformedFile with the
 * place of the first mistake.
 */
export async function loadVocabulary(path: string, model?: Pick<Model, "dir" | "manifest">): Promise<Vocabulary> {
  const entries = await readJson(path, VocabularyEntry.array(), "vocabulary");
  return createVocabulary(withMeasures(entries, model && (await measuresOf(model))));
}

/** Numbers of another version of the model are not this one's. */
async function measuresOf({ dir, manifest }: Pick<Model, "dir" | "manifest">): Promise<NameMeasures | undefined> {
  const path = join(dir, "names.json");
  const exists = await readFile(path).then(
    () => true,
    (thrown) => errorCode(thrown) !== "ENOENT",
  );
  if (!exists) return undefined;
  const measures = await readJson(path, NameMeasures, "names");
  return isOf(measures, manifest) ? measures : undefined;
}

async function readJson<T>(path: string, schema: z.ZodType<T>, format: string): Promise<T> {
  const malformed = (field: string, reason: string) => new SegmenterError("MalformedFile", { format, field, reason });
  const value: unknown = await readFile(path, "utf8")
    .then(JSON.parse)
    .catch(() => {
      throw malformed("file", "cannot be read as JSON");
    });
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(issue?.path.join(".") ?? "", issue?.message ?? "invalid");
}
