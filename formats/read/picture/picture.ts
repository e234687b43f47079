/** Plain pictures (PNG, JPEG, WebP, TIFF) as volumes of one slice without geometry. */
import { IDENTITY } from "../../../core/image/geometry.ts";
import type { NamedWindow, Volume, VoxelArray } from "../../../core/image/volume.ts";

/** Shows 8-bit values as they are. */
const EIGHT_BIT: NamedWindow = { name: "8 bit", center: 128, width: 256 };

/** A picture in pixels; grey bytes propose the window that leaves them unchanged. */
export function pictureVolume(
  { width, height, channels, data }: { width: number; height: number; channels: 1 | 3; data: VoxelArray },
  warnings: readonly string[] = [],
): Volume {
  return {
    size: [width, height, 1],
    channels,
    data,
    rescale: { slope: 1, intercept: 0 },
    ijkToLps: IDENTITY,
    unit: "px",
    modality: "OT",
    inverted: false,
    windows: channels === 1 && data instanceof Uint8Array ? [EIGHT_BIT] : [],
    warnings,
  };
}

/** Drops the last of 2 or 4 interleaved channels; says whether it was ever less than opaque. */
export function withoutAlpha<T extends Uint8Array | Uint16Array>(
  data: T,
  channels: 2 | 4,
): { data: T; opaque: boolean } {
  const kept = channels - 1;
  const pixels = data.length / channels;
  const out = data.slice(0, pixels * kept) as T; // slice keeps the concrete type
  const full = 2 ** (8 * data.BYTES_PER_ELEMENT) - 1;
  let opaque = true;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < kept; c++) out[i * kept + c] = data[i * channels + c] ?? 0;
    if (data[i * channels + kept] !== full) opaque = false;
  }
  return { data: out, opaque };
}

export const ALPHA_WARNING = "The picture is partly transparent: transparency is ignored.";
