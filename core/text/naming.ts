import { SegmenterError } from "../errors.ts";
import { lineTo, type Stack } from "../model/sides.ts";
import type { Prompt, TextPromptAnswer } from "../wire/index.ts";

type TextPrompt = Extract<Prompt, { kind: "text" }>;

/** The slice that is asked. */
export interface OnStack {
  readonly stack: Stack | undefined;
  readonly slice: number;
}

/**
 * The text prompt that a text encoder reads: the canonical name, and a side that it names as a place on the slice. Throws
 * UnknownTerm with the suggestions.
 */
export function namedPrompt(prompt: TextPrompt, answer: TextPromptAnswer, { stack, slice }: OnStack): TextPrompt {
  if (!answer.known) throw new SegmenterError("UnknownTerm", { text: prompt.text, suggestions: answer.suggestions });
  const { name, side } = answer;
  if (!side) return { ...prompt, text: name };
  const beyond = stack && lineTo(side, stack, slice);
  return { ...prompt, text: name.slice(side.length + 1), ...(beyond ? { beyond } : {}) };
}
