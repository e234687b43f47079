/** What is asked of many slices: one segment through them, where a structure is, and every structure in them. */
import type { Manifest, SegmentationRequest } from "../core/wire/index.ts";
import type { LookTarget } from "./common/job-types.ts";
import type { Api } from "./http/api.ts";
import type { CallOptions, Segmenter } from "./types.ts";

type Volumes = Pick<Segmenter, "propagate" | "locate" | "findThrough">;

export function createVolumes(propagate: Api["propagate"], { id }: Pick<Manifest, "id">): Volumes {
  const ask = (target: LookTarget, what: Partial<SegmentationRequest>, call: CallOptions | undefined) => {
    const { imageId, plane = "native", window, from, to, context } = target;
    const place = { plane, propagate: { from, to }, model: id };
    const said = { ...(window ? { window } : {}), ...(context ? { context } : {}) };
    return propagate(imageId, { ...place, ...what, ...said }, call);
  };
  return {
    propagate: ({ prompts, masks, ...target }, call) =>
      ask(target, { ...(prompts ? { prompts } : {}), ...(masks ? { masks } : {}) }, call),
    locate: (name, target, call) => ask(target, { text: name, where: true }, call),
    findThrough: (target, call) => ask(target, { find: "all" }, call),
  };
}
