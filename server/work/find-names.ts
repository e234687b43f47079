/** Names asked of one slice: what `find` and `classify` look at. */
import type { AskName, NameAnswer } from "../../core/annotation/find-all.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { MaskRequest, MaskResponse, MaskResult } from "../../core/wire/index.ts";
import type { Waiting } from "./single-flight.ts";

export interface FoundOnSlice extends NameAnswer {
  readonly predictedIou: number;
  readonly result: MaskResult;
}

/** The whole slice, one decode a name. */
export function askNames(
  masks: (request: MaskRequest, waiting: Waiting) => Promise<MaskResponse>,
  place: Omit<Partial<MaskRequest>, "prompts">,
  waiting: Waiting,
): AskName<FoundOnSlice> {
  return async (name) => {
    const request = {
      ...place,
      prompts: [{ kind: "text" as const, text: name }],
      multimask: false,
      zoom: "never" as const,
    };
    const { masks: found, presence = 0 } = await masks(request, waiting);
    const [result] = found;
    return { mask: decodeRle(result.rle), presence, predictedIou: result.predictedIou, result };
  };
}
