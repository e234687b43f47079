/** Counts of prompts that this server may set lower than `core/wire` does. */
import { SegmenterError } from "../../../core/errors.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import type { Limits } from "../../ops/limits.ts";

/** Throws TooLarge when there are more prompts, boxes, vertices or letters than this server takes. */
export function checkPrompts(prompts: readonly Prompt[], limits: Limits): void {
  check("prompts", prompts.length, limits.promptCount);
  check("boxes", prompts.filter(({ kind }) => kind === "box").length, limits.boxCount);
  for (const prompt of prompts) {
    if (prompt.kind === "text") check("characters of a text", prompt.text.length, limits.textChars);
    if (prompt.kind === "scribble" || prompt.kind === "lasso") {
      check("vertices of a line", prompt.points.length, limits.scribbleVertices);
    }
  }
}

function check(what: string, value: number, limit: number): void {
  if (value > limit) throw new SegmenterError("TooLarge", { what, value, limit });
}
