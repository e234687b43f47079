/** Answers that clients may refine by id. A cache like the others: what is gone is answered with LogitsNotFound, and the client sends the mask itself. */
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import { sliceKeyOf } from "../../core/image/slice-ref.ts";
import { sha256 } from "../disk/sha256.ts";
import type { DecodedMask } from "../inference/protocol.ts";
import type { Observe } from "../ops/events.ts";
import type { OnSlice } from "./embedding-context.ts";

interface Kept {
  readonly on: OnSlice;
  readonly mask: DecodedMask;
}

export interface KeptMasks {
  /** Throws LogitsNotFound, and InvalidRequest for a mask of another slice. */
  get(id: Digest, on: OnSlice): Kept;
  /** Its id: the same logits in the same frame, the same id. */
  set(on: OnSlice, mask: DecodedMask): Digest;
}

/** Bytes of one run length. */
const COUNT_BYTES = 8;

export function createKeptMasks({ maxBytes, observe }: { maxBytes: number; observe: Observe }): KeptMasks {
  const kept = new LRUCache<Digest, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ mask: { lowResLogits, rle } }) => lowResLogits.byteLength + COUNT_BYTES * rle.counts.length,
  });
  return {
    get(id, on) {
      const found = kept.get(id);
      observe({ kind: "cache", tier: "logits", outcome: found ? "hit" : "miss" });
      if (!found) throw new SegmenterError("LogitsNotFound", { lowResLogitsId: id });
      if (sliceKeyOf(found.on) === sliceKeyOf(on) && found.on.model === on.model) return found;
      throw new SegmenterError("InvalidRequest", { reason: "The logits are of another slice.", path: "previous" });
    },
    set(on, mask) {
      const id = idOf(on, mask);
      kept.set(id, { on, mask });
      return id;
    },
  };
}

function idOf({ imageId, plane, slice, transform }: OnSlice, { lowResLogits }: DecodedMask): Digest {
  const frame = JSON.stringify([imageId, plane, slice, transform]);
  const bytes = new Uint8Array(lowResLogits.buffer, lowResLogits.byteOffset, lowResLogits.byteLength);
  return sha256(frame, bytes);
}
