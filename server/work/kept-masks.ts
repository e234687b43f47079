/** Answers that clients may refine by id. A cache like the others: what is gone is answered with LogitsNotFound, and the client sends the mask itself. */
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { SegmenterError } from "../../core/errors.ts";
import { sliceKeyOf } from "../../core/image/slice-ref.ts";
import { readSafetensors, writeSafetensors } from "../../core/tensor/safetensors.ts";
import { float32 } from "../../core/tensor/session.ts";
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
  get(id: Digest, on: OnSlice): Promise<Kept>;
  /** Its id: the same logits in the same frame, the same id. */
  set(on: OnSlice, mask: DecodedMask): Digest;
}

export interface KeptMaskOptions {
  readonly maxBytes: number;
  readonly observe: Observe;
  /** Where the other replicas find them. */
  readonly shared?: EmbeddingStore | undefined;
}

/** Bytes of one run length. */
const COUNT_BYTES = 8;

export function createKeptMasks({ maxBytes, observe, shared }: KeptMaskOptions): KeptMasks {
  const kept = new LRUCache<Digest, Kept>({
    maxSize: maxBytes,
    sizeCalculation: ({ mask: { lowResLogits, rle } }) => lowResLogits.byteLength + COUNT_BYTES * rle.counts.length,
  });
  const fromOthers = async (id: Digest): Promise<Kept | undefined> => {
    const bytes = await shared?.get(id);
    return bytes && readKept(bytes);
  };
  return {
    async get(id, on) {
      const found = kept.get(id) ?? (await fromOthers(id));
      observe({ kind: "cache", tier: "logits", outcome: found ? "hit" : "miss" });
      if (!found) throw new SegmenterError("LogitsNotFound", { lowResLogitsId: id });
      if (sliceKeyOf(found.on) === sliceKeyOf(on) && found.on.model === on.model) return found;
      throw new SegmenterError("InvalidRequest", { reason: "The logits are of another slice.", path: "previous" });
    },
    set(on, mask) {
      const id = idOf(on, mask);
      const known = kept.has(id);
      kept.set(id, { on, mask });
      if (!known) shared?.set(id, writeKept({ on, mask })); // stores do not reject
      return id;
    },
  };
}

function writeKept({ on, mask: { lowResLogits, ...mask } }: Kept): Uint8Array<ArrayBuffer> {
  const logits = float32(lowResLogits, [lowResLogits.length]);
  return writeSafetensors({ logits }, { on: JSON.stringify(on), mask: JSON.stringify(mask) });
}

/** The store has checked that these are the bytes of `writeKept`. */
function readKept(bytes: Uint8Array): Kept {
  const { tensors, metadata } = readSafetensors(bytes);
  const lowResLogits = Float32Array.from(tensors.logits.data as Float32Array);
  return { on: JSON.parse(metadata.on), mask: { ...JSON.parse(metadata.mask), lowResLogits } };
}

function idOf({ imageId, plane, slice, transform }: OnSlice, { lowResLogits }: DecodedMask): Digest {
  const frame = JSON.stringify([imageId, plane, slice, transform]);
  const bytes = new Uint8Array(lowResLogits.buffer, lowResLogits.byteOffset, lowResLogits.byteLength);
  return sha256(frame, bytes);
}
