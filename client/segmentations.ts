/** From a log to all of its masks, for exports. */
import { type Chain, chainsOf, isNamed } from "../core/annotation/chain.ts";
import { type PromptLog, segmentsOf } from "../core/annotation/log.ts";
import { createChainDecoder } from "../core/annotation/replay-chain.ts";
import { type Segment, type SliceMask, segmentationHeader } from "../core/annotation/segmentation.ts";
import { SegmenterError } from "../core/errors.ts";
import { decodeRle } from "../core/mask/rle.ts";
import type { Embedding, SegmentationOptions, Segmenter, SegmentMask } from "./types.ts";

type Parts = Pick<Segmenter, "image" | "embed" | "segment">;

/** What was decoded is remembered from one call to the next. */
export function createSegmentations({ image, embed, segment }: Parts): Segmenter["segmentation"] {
  const decoder = createChainDecoder<Embedding, SegmentMask>(segment);

  const maskOf = async (chain: Chain, { kept, signal }: SegmentationOptions): Promise<SliceMask> => {
    const { segmentId, at, base, steps } = chain;
    const place = { segmentId, plane: at.plane, slice: at.slice };
    if (base && !kept) throw new SegmenterError("FileNotFound", { name: base.mask });
    const named = isNamed(chain) ? { byName: true } : {};
    const rle = base && (await kept?.(base.mask));
    if (base && rle && steps.length === 0) {
      const { origin, predictedIou, doubtful } = base;
      const said = { ...(predictedIou === undefined ? {} : { predictedIou }), ...(doubtful ? { doubtful } : {}) };
      return { ...place, mask: decodeRle(rle), origin, ...said, ...named };
    }
    const { window, ...slice } = at;
    const on = await embed({ ...slice, ...(window ? { window } : {}) }, signal ? { signal } : {});
    const masks = await decoder.decode(on, chain, rle);
    const chosen = masks[Math.min(steps.at(-1)?.candidate ?? 0, masks.length - 1)];
    return { ...place, mask: chosen, origin: "prompted", predictedIou: chosen.predictedIou, ...named };
  };

  return async (log, imageId, options = {}) => {
    const { hidden = new Set(), onProgress, signal } = options;
    const info = await image(imageId, options);
    const wanted = chainsOf(log, imageId);
    const masks: SliceMask[] = [];
    for (const chain of wanted) {
      signal?.throwIfAborted();
      masks.push(await maskOf(chain, options));
      onProgress?.(masks.length, wanted.length);
    }
    return { header: segmentationHeader(info), segments: segmentList(log, hidden), masks };
  };
}

/** The segments of a log as a result shows them. */
export const segmentList = (log: PromptLog, hidden: ReadonlySet<string>): readonly Segment[] =>
  segmentsOf(log).map(({ segmentId, ...segment }) => ({ ...segment, id: segmentId, hidden: hidden.has(segmentId) }));
