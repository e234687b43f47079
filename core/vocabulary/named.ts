import { SegmenterError } from "../errors.ts";
import type { Prompt, TextPromptAnswer } from "../wire/index.ts";

/** The text prompt that a text encoder reads: the canonical name. Throws UnknownTerm with the suggestions. */
export function namedPrompt(text: string, answer: TextPromptAnswer): Prompt {
  if (!answer.known) throw new SegmenterError("UnknownTerm", { text, suggestions: answer.suggestions });
  return { kind: "text", text: answer.name };
}
