/** Slice pixels → the `image` tensor, and the one transform that prompts, logits and masks share. */

import { SegmenterError } from "../errors.ts";
import type { Slice, Window } from "../image/volume.ts";
import { applyWindow, autoWindow, shownColour, withCurve } from "../image/window.ts";
import type { Crop, Transform } from "../wire/embedding.ts";
import type { InputSpec } from "../wire/manifest.ts";
import { resizeTriangle } from "./resize.ts";

/** Goes into the embedding key: raise it whenever `modelInput` gives other numbers for the same slice. */
export const PREPROCESS_VERSION = 2;

type SliceShape = Pick<Slice, "width" | "height" | "spacingMm">;

function checkedCrop({ width, height }: SliceShape, crop: Crop | undefined): Crop {
  if (!crop) return { x0: 0, y0: 0, x1: width, y1: height };
  const { x0, y0, x1, y1 } = crop;
  const inside = x0 >= 0 && y0 >= 0 && x1 <= width && y1 <= height && x0 < x1 && y0 < y1;
  if (!inside || ![x0, y0, x1, y1].every(Number.isInteger)) {
    const reason = `The crop ${x0},${y0}–${x1},${y1} is empty or leaves the ${width}×${height} slice.`;
    throw new SegmenterError("InvalidRequest", { reason, path: "crop" });
  }
  return crop;
}

/**
 * Where the slice lands in the model's square. `longest-side` keeps the physical aspect: with anisotropic pixels the
 * sides are compared in millimetres. The scales are those of the whole-pixel sizes, as SAM's `apply_coords`.
 */
export function transformOf(slice: SliceShape, input: InputSpec, crop?: Crop): Transform {
  const region = checkedCrop(slice, crop);
  const columns = region.x1 - region.x0;
  const rows = region.y1 - region.y0;
  const [pitchX, pitchY] = slice.spacingMm ?? [1, 1];
  const longest = Math.max(columns * pitchX, rows * pitchY);
  const shown = (side: number) => Math.max(1, Math.floor((side / longest) * input.size + 0.5));
  const stretched = input.resize === "stretch";
  const width = stretched ? input.size : shown(columns * pitchX);
  const height = stretched ? input.size : shown(rows * pitchY);
  return { crop: region, scaleX: width / columns, scaleY: height / rows, width, height, inputSize: input.size };
}

/** One channel of the crop, as float32. */
function cropChannel(slice: Slice, crop: Crop, channel: number): Float32Array {
  const { width, channels, data } = slice;
  const columns = crop.x1 - crop.x0;
  const out = new Float32Array(columns * (crop.y1 - crop.y0));
  for (let y = crop.y0, o = 0; y < crop.y1; y++) {
    for (let i = (y * width + crop.x0) * channels + channel, x = 0; x < columns; x++, i += channels) out[o++] = data[i];
  }
  return out;
}

/** As the picture is shown. */
function colourChannels(slice: Slice, crop: Crop, window: Window | null): Float32Array[] {
  const shown = { ...slice, data: shownColour(slice, window) };
  return [0, 1, 2].map((c) => cropChannel(shown, crop, c));
}

function greyChannels(slice: Slice, crop: Crop, window: Window | null): [Float32Array] {
  const { slope, intercept } = slice.rescale;
  const rescale = { slope, intercept, inverted: slice.inverted };
  const chosen = window ? withCurve(window, slice.curves) : autoWindow(slice.data, rescale);
  return [applyWindow(cropChannel(slice, crop, 0), chosen, rescale)];
}

/** Writes a 0…255 channel into a plane of the tensor: (value − mean) / std, top left, the rest stays 0. */
function place(
  channel: Float32Array,
  to: Float32Array,
  { width, height, inputSize }: Transform,
  mean: number,
  std: number,
) {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) to[y * inputSize + x] = (channel[y * width + x] - mean) / std;
  }
}

/**
 * The `image` tensor `[3, S, S]` of a slice: window → 0…255, resize, normalise, zero padding right and below.
 * Without a window, grey is shown by its own 1–99 % range, and colour as it is, or brightened where it is dark. Throws InvalidRequest for a crop outside.
 */
export function modelInput(
  slice: Slice,
  { window, crop, input }: { window: Window | null; crop?: Crop | undefined; input: InputSpec },
): { image: Float32Array; transform: Transform } {
  const transform = transformOf(slice, input, crop);
  const region = transform.crop;
  const sources = slice.channels === 3 ? colourChannels(slice, region, window) : greyChannels(slice, region, window);
  const columns = region.x1 - region.x0;
  const rows = region.y1 - region.y0;
  const resized = sources.map((source) => resizeTriangle(source, columns, rows, transform.width, transform.height));
  const plane = input.size * input.size;
  const image = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    place(
      resized[c % resized.length],
      image.subarray(c * plane, (c + 1) * plane),
      transform,
      input.mean[c],
      input.std[c],
    );
  }
  return { image, transform };
}
