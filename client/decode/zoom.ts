/** Answers prompts, and answers again from a closer encoding when the object turns out to be small. */

import { cropAround, cropHolds } from "../../core/model/zoom.ts";
import type { Prompt } from "../../core/wire/index.ts";
import type { CallOptions, Embedding, EmbedTarget, SegmentOptions } from "../types.ts";
import type { Masks } from "./backend.ts";

type Decode = (on: Embedding, prompts: readonly Prompt[], options: SegmentOptions) => Promise<Masks>;

export interface ZoomDeps {
  embed(target: EmbedTarget, call: CallOptions): Promise<Embedding>;
  decode: Decode;
}

/** Masks say by `on` which embedding their logits belong to, so that the next prompt goes on there. */
export function zooming({ embed, decode }: ZoomDeps): Decode {
  return async (on, prompts, options) => {
    const { previous, zoom = "auto" } = options;
    const near = previous?.on;
    if (near && near.id !== on.id && isPartOf(near, on) && cropHolds(near.transform.crop, prompts))
      return decode(near, prompts, options);
    const { previous: _elsewhere, ...fresh } = options;
    const masks = await decode(on, prompts, near && near.id !== on.id ? fresh : options);
    const crop = zoom === "auto" && isWhole(on) ? cropAround(masks[0], prompts) : undefined;
    if (!crop) return masks;
    try {
      return await decode(await embed(targetOf(on, crop), options), prompts, fresh);
    } catch (thrown) {
      options.signal?.throwIfAborted();
      if (thrown instanceof RangeError) throw thrown;
      return masks; // the closer look is a favour; a server that cannot give it leaves the answer there was
    }
  };
}

const isWhole = ({ transform: { crop }, width, height }: Embedding) =>
  crop.x1 - crop.x0 === width && crop.y1 - crop.y0 === height;

const isPartOf = (near: Embedding, on: Embedding) =>
  near.imageId === on.imageId && near.plane === on.plane && near.slice === on.slice && near.model === on.model;

const targetOf = ({ imageId, plane, slice, window }: Embedding, crop: EmbedTarget["crop"] & object): EmbedTarget => ({
  imageId,
  plane,
  slice,
  crop,
  ...(window ? { window } : {}),
});
