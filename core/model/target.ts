/** What a request for an embedding means: every default filled in, and its name by content, the same behind every door. */
import type { Digest, HashText } from "../digest.ts";
import { embeddingKeyText } from "../embedding/key.ts";
import { planeOf } from "../image/planes.ts";
import type { Plane, Window } from "../image/volume.ts";
import { isFullRange } from "../image/window.ts";
import { isWholeCrop } from "../prompt/space.ts";
import type { Crop, EmbeddingRequest, Transform } from "../wire/embedding.ts";
import type { ImageInfo } from "../wire/image.ts";
import type { Manifest } from "../wire/manifest.ts";
import { PREPROCESS_VERSION, transformOf } from "./preprocess.ts";

/** What to encode; all but the image has a default. */
export type SliceRequest = { readonly [N in keyof EmbeddingRequest]?: EmbeddingRequest[N] | undefined };

export interface EmbeddingTarget {
  readonly id: Digest;
  readonly plane: Plane;
  readonly slice: number;
  readonly window: Window | null;
  readonly transform: Transform;
  /** Absent for the whole slice. */
  readonly crop: Crop | undefined;
  /** Of the slice, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly spacingMm: [number, number] | null;
}

export interface TargetOptions {
  readonly image: ImageInfo;
  readonly manifest: Manifest;
  /** Digest of the encoder graph. */
  readonly encoder: Digest;
  /** Part of every key: tenants never share an entry. */
  readonly tenant: string;
  readonly sha256: HashText;
}

/** Throws SliceNotFound, InvalidRequest (crop). */
export function embeddingTarget(
  request: SliceRequest,
  { image, manifest, encoder, tenant, sha256 }: TargetOptions,
): EmbeddingTarget {
  const { plane = "native", slice = 0 } = request;
  const grid = planeOf(image, plane, slice);
  const window = windowOf(image, grid.windows?.[slice], request.window);
  const { width, height, spacingMm } = grid;
  const transform = transformOf({ width, height, spacingMm: spacingMm ?? undefined }, manifest.input, request.crop);
  const crop = isWholeCrop(transform.crop, grid) ? undefined : transform.crop;
  const text = embeddingKeyText({
    ...{ tenant, pixels: image.imageId, plane, slice, window, crop: crop ?? null, encoder },
    preprocess: PREPROCESS_VERSION,
  });
  return { id: sha256(text), plane, slice, window, transform, crop, width, height, spacingMm };
}

/** The one asked for, else the slice's own, else the image's first; `null` where there is none, and for colour as it is. */
function windowOf({ channels, windows }: ImageInfo, own: Window | undefined, asked: Window | undefined): Window | null {
  const [first] = windows;
  const asItIs = channels === 3 && (!first || isFullRange(first));
  const window = asked ?? own ?? (asItIs ? undefined : first);
  return window ? { center: window.center, width: window.width } : null;
}
