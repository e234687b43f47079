/** Codes of segments that came with a name only. */
import { codeOfTerm } from "../../core/text/codes.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { ExportRequest } from "../../core/wire/index.ts";

/**
 * The request with the vocabulary's code on every segment that has none and whose name, spelt right, means one structure
 * that has a certain code. A guess is no code.
 */
export function withCodes(request: ExportRequest, vocabulary: Vocabulary, modality: string): ExportRequest {
  const segments = request.segments.map((segment) => {
    if (segment.code) return segment;
    const said = vocabulary.resolve(segment.name, { modality });
    const found = said.known && said.confidence === 1 ? codeOfTerm(vocabulary.entries, said.term) : undefined;
    return found ? { ...segment, ...found } : segment;
  });
  return { ...request, segments };
}
