/** Volume jobs over the server's own answers; people who click go first. */
import type { Digest } from "../../core/digest.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { type Step, type VolumePort, volumeSteps } from "../../core/volume/steps.ts";
import type { SegmentationRequest } from "../../core/wire/index.ts";
import type { EmbeddingService, SliceSource } from "./embeddings.ts";
import { askNames } from "./find-names.ts";
import type { MaskService } from "./masks.ts";

export interface VolumeWork {
  readonly images: SliceSource;
  readonly masks: Pick<MaskService, "masks">;
  /** Encodes the next slice while this one is decoded; without it each waits for the other. */
  readonly embeddings?: Pick<EmbeddingService, "embed"> | undefined;
  /** Names to find; without one nothing is found. */
  readonly vocabulary?: Pick<Vocabulary, "entries" | "resolve"> | undefined;
}

export interface VolumeAsked {
  readonly imageId: Digest;
  readonly request: SegmentationRequest;
  readonly signal: AbortSignal;
}

export async function* masksOfVolume(work: VolumeWork, asked: VolumeAsked): AsyncGenerator<Step> {
  const image = await work.images.get(asked.imageId);
  yield* volumeSteps(portOf(work, asked, image), asked.request, asked.signal);
}

function portOf(work: VolumeWork, { imageId, request, signal }: VolumeAsked, image: VolumePort["image"]): VolumePort {
  const { plane, window, model, context } = request;
  const { masks, images, embeddings, vocabulary } = work;
  const background = { signal, background: true };
  const at = (slice: number) => ({ imageId, plane, slice, window, model, context });
  return {
    image,
    vocabulary,
    async ask(slice, prompts, crop) {
      const asked = { ...at(slice), crop, prompts: [...prompts], multimask: false, zoom: "auto" as const };
      const { masks: found } = await masks.masks(asked, background);
      const { rle, predictedIou } = found[0];
      return { mask: decodeRle(rle), predictedIou };
    },
    namesOn: (slice) => askNames(masks.masks, at(slice), background),
    pixels: (slice) => images.slice(imageId, plane, slice),
    /** What fails here fails again, and is told, when the slice is asked. */
    ahead(slice) {
      embeddings?.embed(imageId, { plane, slice, window, model }, background).catch(() => {});
    },
  };
}
