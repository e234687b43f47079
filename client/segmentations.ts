/** From a log to all of its masks, for exports. */
import { type Chain, chainsOf } from "../core/annotation/chain.ts";
import { measurementsOf } from "../core/annotation/measurements.ts";
import { createChainDecoder } from "../core/annotation/replay-chain.ts";
import { type SliceMask, segmentationHeader, segmentList } from "../core/annotation/segmentation.ts";
import { type Candidate, sliceMask, standingBase } from "../core/annotation/slice-mask.ts";
import { SegmenterError } from "../core/errors.ts";
import { decodeRle } from "../core/mask/rle.ts";
import type { Embedding, SegmentationOptions, Segmenter, SegmentMask } from "./types.ts";

type Parts = Pick<Segmenter, "image" | "embed" | "segment">;

export function createSegmentations({ image, embed, segment }: Parts): Segmenter["segmentation"] {
  /** What was decoded is remembered from one call to the next, for each context: it is part of what prompts mean. */
  const decoders = new Map<string, ReturnType<typeof createChainDecoder<Embedding, SegmentMask>>>();
  const decoderFor = ({ context }: SegmentationOptions) => {
    const key = JSON.stringify(context ?? {});
    const said = context ? { context } : {};
    const decoder =
      decoders.get(key) ?? createChainDecoder((on, prompts, asked) => segment(on, prompts, { ...asked, ...said }));
    decoders.set(key, decoder);
    return decoder;
  };

  const candidatesOf = async (chain: Chain, options: SegmentationOptions): Promise<readonly Candidate[]> => {
    const { at, base } = chain;
    const known = options.decoded?.(chain);
    if (known) return known;
    if (base && !options.kept) throw new SegmenterError("FileNotFound", { name: base.mask });
    const rle = base && (await options.kept?.(base.mask));
    const standing = standingBase(chain);
    if (standing && rle) return [{ ...decodeRle(rle), predictedIou: standing.predictedIou ?? 1 }];
    const { window, ...slice } = at;
    const { signal } = options;
    const on = await embed({ ...slice, ...(window ? { window } : {}) }, signal ? { signal } : {});
    return decoderFor(options).decode(on, chain, rle);
  };

  return async (log, imageId, options = {}) => {
    const { hidden = new Set(), place, context, onProgress, signal } = options;
    const info = await image(imageId, options);
    const isWanted = ({ plane, slice }: { plane: string; slice: number }) =>
      !place || (plane === place.plane && slice === place.slice);
    const wanted = chainsOf(log, imageId).filter(({ at }) => isWanted(at));
    const masks: SliceMask[] = [];
    for (const chain of wanted) {
      signal?.throwIfAborted();
      masks.push(sliceMask(chain, await candidatesOf(chain, options)));
      onProgress?.(masks.length, wanted.length);
    }
    const measurements = measurementsOf(log).filter(({ at }) => at.imageId === info.imageId && isWanted(at));
    const modality = context?.modality ?? info.modality;
    return {
      header: segmentationHeader(info),
      segments: segmentList(log, hidden),
      masks,
      ...(measurements.length > 0 && { measurements }),
      ...(modality === "CT" && { valueUnit: "HU" }),
    };
  };
}
