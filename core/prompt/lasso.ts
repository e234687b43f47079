/** A lasso is a promise: one that includes has nothing outside of it, one that excludes has nothing inside. */
import type { Mask } from "../mask/mask.ts";
import { fillPolygon, type Vertex } from "../mask/polygon.ts";
import type { Prompt } from "../wire/prompt.ts";

/** The mask within its lassos; itself when there are none. Includes given outside of a lasso reach beyond it, on purpose. */
export function withinLassos(mask: Mask, prompts: readonly Prompt[]): Uint8Array {
  const { width, height } = mask;
  const areas = (label: "foreground" | "background") =>
    prompts.flatMap((prompt) =>
      prompt.kind === "lasso" && prompt.label === label ? [fillPolygon(prompt.points, width, height)] : [],
    );
  const included = areas("foreground");
  const excluded = areas("background");
  const covers = ([x, y]: Vertex) => included.some(({ data }) => data[Math.round(y) * width + Math.round(x)] === 1);
  const bounded = included.length > 0 && includedPlaces(prompts).every(covers);
  if (!bounded && excluded.length === 0) return mask.data;
  return mask.data.map((value, n) => {
    const inside = !bounded || included.some(({ data }) => data[n] === 1);
    return inside && !excluded.some(({ data }) => data[n] === 1) ? value : 0;
  });
}

/** Where other prompts than lassos ask for something. */
const includedPlaces = (prompts: readonly Prompt[]): readonly Vertex[] =>
  prompts.flatMap((prompt): readonly Vertex[] => {
    if (prompt.kind === "point" && prompt.label === "foreground") return [[prompt.x, prompt.y]];
    return prompt.kind === "scribble" && prompt.label === "foreground" ? prompt.points : [];
  });
