import { encodeRle } from "../../core/mask/rle.ts";
import type { Prompt } from "../../core/wire/index.ts";
import type { SegmentMask } from "../types.ts";

/** Logits do not cross between browser and server; after a change of backend the mask itself stands in for them. */
export function asMaskPrompt(previous: SegmentMask): Prompt {
  return { kind: "mask", rle: encodeRle(previous) };
}
