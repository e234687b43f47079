/** What a volume job is asked, and where its masks are kept. */
import { chainsOf } from "../../core/annotation/chain.ts";
import type { PromptLog } from "../../core/annotation/log.ts";
import { maskDigestText } from "../../core/annotation/log-file.ts";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import type { Plane } from "../../core/image/volume.ts";
import type { Mask } from "../../core/mask/mask.ts";
import { encodeRle } from "../../core/mask/rle.ts";
import type { ImageInfo, Rle } from "../../core/wire/index.ts";
import type { PropagateTarget } from "../common/job-types.ts";
import { digestOf } from "../common/sha256.ts";

export interface KeptMasks {
  put(rle: Rle): Digest;
  /** Rejects with FileNotFound. */
  get(mask: Digest): Promise<Rle>;
}

/** Masks by content, for as long as the binding lives. */
export function keepMasks(): KeptMasks {
  const known = new Map<Digest, Rle>();
  return {
    put(rle) {
      const digest = digestOf(maskDigestText(rle));
      known.set(digest, rle);
      return digest;
    },
    async get(mask) {
      const rle = known.get(mask);
      if (!rle) throw new SegmenterError("FileNotFound", { name: mask });
      return rle;
    },
  };
}

interface Asked {
  readonly log: PromptLog;
  readonly image: ImageInfo;
  readonly segmentId: string;
  /** What is shown of the segment on a slice. */
  readonly shown: (at: { readonly plane: Plane; readonly slice: number }) => Mask | undefined;
  readonly range: readonly [number, number] | undefined;
}

/**
 * The masks of a segment in the plane that was prompted last, as they are shown: the server goes on from what the user saw, and
 * decodes nothing of it again. Throws InvalidPrompt when nothing was prompted.
 */
export function propagationOf({
  log,
  image,
  segmentId,
  shown,
  range,
}: Asked): PropagateTarget & { readonly plane: Plane } {
  const own = chainsOf(log, image.imageId).filter((chain) => chain.segmentId === segmentId && chain.steps.length > 0);
  const latest = own.at(-1);
  if (!latest) throw new SegmenterError("InvalidPrompt", { index: 0, reason: "expected a prompt before propagation" });
  const { plane, window } = latest.at;
  const masks = own
    .filter(({ at }) => at.plane === plane)
    .flatMap(({ at: { slice } }) => {
      const mask = shown({ plane, slice });
      return mask ? [{ slice, rle: encodeRle(mask) }] : [];
    });
  const [from, to] = range ?? [0, planeOf(image, plane).count - 1];
  return { imageId: image.imageId, plane, masks, from, to, window };
}
