/** Two frames: pixels of the slice, and pixels of the square that the model sees. */
import type { Crop, Transform } from "../wire/embedding.ts";

type XY = readonly [number, number];

/** What prompts are turned into tensors for. */
export interface PromptSpace {
  /** Of the slice, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  readonly logitsSize: number;
  /** `[L, L]` logits of the answer to be refined. */
  readonly previous?: Float32Array | undefined;
}

/** Slice pixel → model pixel, both integer = pixel centre. */
export function toModel([x, y]: XY, { crop, scaleX, scaleY }: Transform): [number, number] {
  return [(x - crop.x0 + 0.5) * scaleX - 0.5, (y - crop.y0 + 0.5) * scaleY - 0.5];
}

/** Model pixel → slice pixel, the inverse of `toModel`. */
export function fromModel([x, y]: XY, { crop, scaleX, scaleY }: Transform): [number, number] {
  return [(x + 0.5) / scaleX - 0.5 + crop.x0, (y + 0.5) / scaleY - 0.5 + crop.y0];
}

/** Whether a crop (half-open) is the whole slice. */
export const isWholeCrop = ({ x0, y0, x1, y1 }: Crop, { width, height }: { width: number; height: number }): boolean =>
  x0 === 0 && y0 === 0 && x1 === width && y1 === height;
