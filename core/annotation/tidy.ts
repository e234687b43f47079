/** Prompts as they were meant: what a hand does twice or the wrong way round says no more than once and the right way. */
import type { Prompt } from "../wire/prompt.ts";

/** Clicks of one label nearer than this share of the slice's longest side are one click: a double click, a tremor. */
const CLOSE = 0.01;

/** At least this many pixels, so that small slices are forgiven as much. */
const CLOSE_PX = 1.5;

type Point = Extract<Prompt, { kind: "point" }>;

/** Without repeated clicks, and with every box from its top left to its bottom right corner. Order is kept. */
export function tidyPrompts(prompts: readonly Prompt[], slice: { width: number; height: number }): readonly Prompt[] {
  const reach = Math.max(CLOSE_PX, CLOSE * Math.max(slice.width, slice.height));
  const clicks: Point[] = [];
  return prompts.flatMap((prompt): Prompt[] => {
    if (prompt.kind === "box") return [upright(prompt)];
    if (prompt.kind !== "point") return [prompt];
    const repeats = clicks.some(
      ({ x, y, label }) => label === prompt.label && Math.hypot(x - prompt.x, y - prompt.y) <= reach,
    );
    if (repeats) return [];
    clicks.push(prompt);
    return [prompt];
  });
}

const upright = ({ x0, y0, x1, y1, ...box }: Extract<Prompt, { kind: "box" }>): Prompt => ({
  ...box,
  x0: Math.min(x0, x1),
  y0: Math.min(y0, y1),
  x1: Math.max(x0, x1),
  y1: Math.max(y0, y1),
});
