import type { Tensor } from "../../tensor/session.ts";
import type { PromptContext } from "../../wire/prompt.ts";

/** DICOM modality codes (PS3.3 C.7.3.1.1.1) → the contexts that models are trained with. */
const CONTEXT_OF: Readonly<Record<string, string>> = {
  CT: "CT",
  MR: "MR",
  US: "US",
  IVUS: "US",
  CR: "XR",
  DX: "XR",
  XA: "XR",
  MG: "XR",
  RF: "XR",
  IO: "XR",
  PX: "XR",
  OP: "fundus",
  OPT: "fundus",
  ES: "endoscopy",
  SM: "pathology",
  GM: "microscopy",
  PT: "PET",
};

/** The context that a DICOM modality code stands for; any other word as it is. */
export const contextOf = (modality: string): string => CONTEXT_OF[modality.toUpperCase()] ?? modality;

/**
 * One-hot `[1, contexts]` of `context.modality`: a DICOM code or one of the model's own words; "auto" for the rest.
 * Undefined for a model without contexts.
 */
export function contextVector(contexts: readonly string[], context: PromptContext | undefined): Tensor | undefined {
  if (contexts.length === 0) return undefined;
  const wanted = contextOf(context?.modality ?? "auto");
  const same = (name: string) => name.toLowerCase() === wanted.toLowerCase();
  const found = contexts.findIndex(same);
  const data = new Float32Array(contexts.length);
  data[found >= 0 ? found : Math.max(contexts.indexOf("auto"), 0)] = 1;
  return { type: "float32", data, dims: [1, contexts.length] };
}
