/** Where a phrase that is no name may be on a slice, by the heat map of the model. */
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import { placesOf } from "../../core/model/heat-map.ts";
import { inputPart } from "../../core/model/preprocess.ts";
import { embeddingTarget, type SliceRequest } from "../../core/model/target.ts";
import type { PhrasePlace } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import type { ImageStore } from "../images/types.ts";
import type { InferencePool } from "../inference/pool.ts";
import type { ModelRegistry } from "../models/registry.ts";

export interface PhraseAsked extends Omit<SliceRequest, "crop"> {
  readonly text: string;
  /** A name: models that read texts need no place for it. */
  readonly known: boolean;
  readonly imageId: Digest;
}

export interface PhrasePlaces {
  /**
   * Warmest first; `undefined` for a model without a heat map, and for a name that the model reads. Rejects with ImageNotFound, SliceNotFound, UnknownModel, and as
   * `InferencePool.heatMap`.
   */
  find(asked: PhraseAsked, options?: { readonly signal?: AbortSignal | undefined }): Promise<PhrasePlace[] | undefined>;
}

export interface PhrasePlacesOptions {
  readonly images: Pick<ImageStore, "get" | "slice">;
  readonly pool: Pick<InferencePool, "heatMap">;
  readonly models: Pick<ModelRegistry, "get">;
}

export function createPhrasePlaces({ images, pool, models }: PhrasePlacesOptions): PhrasePlaces {
  return {
    async find({ text, known, imageId, ...request }, call) {
      const { id: modelId, manifest, graphs } = models.get(request.model);
      if (!manifest.heatMap || !graphs.heatMap) return undefined;
      if (known && manifest.prompts.includes("text")) return undefined;
      const image = await images.get(imageId);
      if (!image) throw new SegmenterError("ImageNotFound", { imageId });
      const { input, threshold } = manifest.heatMap;
      const seen = { image, manifest: { ...manifest, input }, encoder: graphs.heatMap.digest, tenant: "", sha256 };
      const { id, plane, slice: k, window, transform, width, height } = embeddingTarget(request, seen);
      const slice = () => images.slice(imageId, plane, k, inputPart(transform));
      const heat = await pool.heatMap({ modelId, slice, window, text, name: sha256(id, text) }, call);
      return placesOf(heat, transform, { threshold, width, height });
    },
  };
}
