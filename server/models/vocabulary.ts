import { readFile } from "node:fs/promises";
import { SegmenterError } from "../../core/errors.ts";
import { createVocabulary, type Vocabulary } from "../../core/text/vocabulary.ts";
import { VocabularyEntry } from "../../core/wire/index.ts";

/** Reads `models/vocabulary.json`. Throws MalformedFile with the place of the first mistake. */
export async function loadVocabulary(path: string): Promise<Vocabulary> {
  const malformed = (field: string, reason: string) =>
    new SegmenterError("MalformedFile", { format: "vocabulary", field, reason });
  const value: unknown = await readFile(path, "utf8")
    .then(JSON.parse)
    .catch(() => {
      throw malformed("file", "cannot be read as JSON");
    });
  const parsed = VocabularyEntry.array().safeParse(value);
  if (parsed.success) return createVocabulary(parsed.data);
  const [issue] = parsed.error.issues;
  throw malformed(issue?.path.join(".") ?? "", issue?.message ?? "invalid");
}
