/** The name of an embedding: everything that its values depend on, as one text to be hashed. */
import type { Digest } from "../digest.ts";
import type { Plane, Window } from "../image/volume.ts";
import type { Crop } from "../wire/embedding.ts";

/** All that an embedding depends on. Two requests with the same answer here share one encode. */
export interface EmbeddingKey {
  /** From the token, never from the request. */
  readonly tenant: string;
  /** Of pixels, geometry and rescale: the image id. */
  readonly pixels: Digest;
  readonly plane: Plane;
  readonly slice: number;
  readonly window: Window | null;
  readonly crop: Crop | null;
  /** Digest of the encoder graph. */
  readonly encoder: Digest;
  /** `PREPROCESS_VERSION`. */
  readonly preprocess: number;
}

/** Canonical text of a key, to be hashed by whoever can hash: JSON with a fixed order, so that no two keys collide. */
export function embeddingKeyText(key: EmbeddingKey): string {
  const { tenant, pixels, plane, slice, window, crop, encoder, preprocess } = key;
  const numbers = [
    slice,
    preprocess,
    ...(window ? [window.center, window.width] : []),
    ...(crop ? Object.values(crop) : []),
  ];
  if (!numbers.every(Number.isFinite)) throw new RangeError(`An embedding key takes finite numbers, got ${numbers}.`);
  const windowPart = window && [window.center, window.width];
  const cropPart = crop && [crop.x0, crop.y0, crop.x1, crop.y1];
  return JSON.stringify(["embedding", tenant, pixels, plane, slice, windowPart, cropPart, encoder, preprocess]);
}
