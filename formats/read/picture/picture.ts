/** Plain pictures (PNG, JPEG, WebP, TIFF) as volumes of one slice without geometry. */
import { IDENTITY } from "../../../core/image/geometry.ts";
import type { Volume, VoxelArray } from "../../../core/image/volume.ts";

/** A picture in pixels. It proposes no window: what shows it best is told from its values. */
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
    windows: [],
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

/**
 * Colour as bytes. Wider samples keep the bits that they use: 12 bits in 16 would be black by their high byte. The
 * warning says so; values over 16 bits and floats are spread from 0 to their largest.
 */
export function eightBitColour(values: VoxelArray): { data: Uint8Array; warning?: string } {
  if (values instanceof Uint8Array) return { data: values };
  let largest = 0;
  for (const value of values) if (value > largest && Number.isFinite(value)) largest = value;
  if (values instanceof Uint16Array) {
    const bits = Math.max(8, 32 - Math.clz32(largest));
    const data = Uint8Array.from(values, (value) => value >> (bits - 8));
    return { data, warning: `${bits}-bit colour is read as 8-bit.` };
  }
  const gain = largest > 0 ? 255 / largest : 0;
  const data = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value * gain))));
  return { data, warning: "Colour of more than 8 bits is read as 8-bit, its largest value as white." };
}

export const ALPHA_WARNING = "The picture is partly transparent: transparency is ignored.";
