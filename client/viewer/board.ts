/** What a viewer shows of a log: masks are decoded, placed and handed over when they change, and taken away when they go. */
import { type Chain, chainsOf } from "../../core/annotation/chain.ts";
import type { PromptLog } from "../../core/annotation/log.ts";
import { createChainDecoder } from "../../core/annotation/replay-chain.ts";
import { planeOf } from "../../core/image/planes.ts";
import { createMask, type Mask } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImageDescription, ImageInfo } from "../../core/wire/index.ts";
import { raceSignal } from "../common/abort.ts";
import type { Embedding, Segmenter, SegmentMask } from "../types.ts";
import { type PlaceOptions, placeMask } from "./placed-mask.ts";
import type { KeptMasks } from "./stack.ts";
import type { PlacedMask, ViewerAdapter } from "./types.ts";

export interface BoardOptions {
  readonly segmenter: Pick<Segmenter, "embed" | "segment">;
  readonly adapter: ViewerAdapter;
  readonly image: ImageInfo;
  readonly source: ImageDescription["source"];
  readonly masks: KeptMasks;
}

export interface Board {
  /** Brings the viewer to what the log says; gives the masks that are new. */
  sync(log: PromptLog, signal: AbortSignal): Promise<readonly PlacedMask[]>;
  /** Shows a mask that is to stand in the log soon. */
  put(mask: Mask, at: PlaceOptions, segment: number): PlacedMask;
  /** What a segment shows on a slice. */
  shown(segment: number, at: Pick<PlaceOptions, "plane" | "slice">): Mask | undefined;
}

/** A segment's place: its number, plane and slice. */
const placeKey = (segment: number, plane: string, slice: number): string => `${segment}/${plane}/${slice}`;

interface Shown {
  /** Of the chain that made the mask; empty for one that came before its line of the log. */
  readonly key: string;
  readonly segment: number;
  readonly at: PlaceOptions;
  readonly mask: Mask;
}

export function createBoard(options: BoardOptions): Board {
  const { adapter, image, source } = options;
  const shown = new Map<string, Shown>();
  const maskOf = decoding(options);
  const put: Board["put"] = (mask, at, segment) => {
    const sopInstanceUid = at.plane === "native" ? source?.slices[at.slice]?.sopInstanceUid : undefined;
    const placed = placeMask(image, mask, { ...at, sopInstanceUid });
    shown.set(placeKey(segment, at.plane, at.slice), { key: "", segment, at, mask });
    adapter.show(placed, segment);
    return placed;
  };
  const takeAway = (key: string, { segment, at }: Shown) => {
    const { width, height } = planeOf(image, at.plane);
    put(createMask(width, height), { plane: at.plane, slice: at.slice }, segment);
    shown.delete(key);
  };
  return {
    put,
    shown: (segment, { plane, slice }) => shown.get(placeKey(segment, plane, slice))?.mask,
    async sync(log, signal) {
      const wanted = new Map(chainsOf(log, image.imageId).map((chain) => [keyOf(chain), chain]));
      for (const [key, old] of [...shown]) if (!wanted.has(key)) takeAway(key, old);
      const found: PlacedMask[] = [];
      for (const [place, chain] of wanted) {
        if (shown.get(place)?.key === chain.key) continue;
        const { predictedIou, ...mask } = await maskOf(chain, signal);
        const { plane, slice } = chain.at;
        const [at, segment] = [{ plane, slice, predictedIou }, Number(chain.segmentId)];
        found.push(put(mask, at, segment));
        shown.set(place, { key: chain.key, segment, at, mask });
      }
      return found;
    },
  };
}

const keyOf = ({ segmentId, at }: Chain): string => placeKey(Number(segmentId), at.plane, at.slice);

type Decoded = Mask & { readonly predictedIou: number };

/** From a chain to its mask. */
function decoding({ segmenter, masks }: BoardOptions): (chain: Chain, signal: AbortSignal) => Promise<Decoded> {
  const decoder = createChainDecoder<Embedding, SegmentMask>(segmenter.segment);
  return async (chain, signal) => {
    const { imageId, plane, slice, window } = chain.at;
    const base = chain.base && (await masks.get(chain.base.mask));
    if (base && chain.steps.length === 0) return { ...decodeRle(base), predictedIou: chain.base?.predictedIou ?? 0 };
    const on = await segmenter.embed({ imageId, plane, slice, ...(window ? { window } : {}) }, { signal });
    const [best] = await raceSignal(decoder.decode(on, chain, base), signal);
    const { width, height, data, predictedIou } = best ?? { ...createMask(on.width, on.height), predictedIou: 0 };
    return { width, height, data, predictedIou };
  };
}
