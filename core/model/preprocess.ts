/** Slice pixels → the `image` tensor, and the one transform that prompts, logits and masks share. */

import { SegmenterError } from "../errors.ts";
import { levelFor, partOf } from "../image/part.ts";
import type { PartRequest, Slice, Window } from "../image/volume.ts";
import { applyWindow, autoWindow, colourWindow, shownColour, withCurve } from "../image/window.ts";
import type { Crop, Transform } from "../wire/embedding.ts";
import type { InputSpec } from "../wire/manifest.ts";
import { resizeTriangle } from "./resize.ts";

/** Goes into the embedding key: raise it whenever `modelInput` gives other numbers for the same slice. */
export const PREPROCESS_VERSION = 3;

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

/** One channel, as float32. */
function channelOf({ width, height, channels, data }: Slice, channel: number): Float32Array {
  const out = new Float32Array(width * height);
  for (let i = channel, o = 0; o < out.length; i += channels) out[o++] = data[i];
  return out;
}

/** As the picture is shown. */
function colourChannels(part: Slice, window: Window | undefined): Float32Array[] {
  const shown = window ? { ...part, data: shownColour(part, window) } : part;
  return [0, 1, 2].map((c) => channelOf(shown, c));
}

function greyChannel(part: Slice, window: Window): Float32Array {
  const { slope, intercept } = part.rescale;
  const rescale = { slope, intercept, inverted: part.inverted };
  return applyWindow(channelOf(part, 0), withCurve(window, part.curves), rescale);
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
/**
 * What of a slice becomes the input: the crop, of a large one at a coarser level, which still has twice the pixels of the
 * model's square. Whoever has it need not have the slice.
 */
export const inputPart = ({ crop, inputSize }: Pick<Transform, "crop" | "inputSize">): PartRequest => ({
  region: crop,
  level: levelFor(crop, 2 * inputSize),
});

/**
 * The `image` tensor `[3, S, S]` of a slice, or of its `inputPart`: window → 0…255, resize, normalise, zero padding right
 * and below. Without a window, grey is shown by its own 1–99 % range, and colour as it is, or brightened where the whole slice is dark.
 * Throws InvalidRequest for a crop outside, RangeError for another part.
 */
export function modelInput(
  slice: Slice,
  { window, crop, input }: { window: Window | null; crop?: Crop | undefined; input: InputSpec },
): { image: Float32Array; transform: Transform } {
  const transform = transformOf(slice.part?.whole ?? slice, input, crop);
  const part = cut(slice, inputPart(transform));
  const sources =
    part.channels === 3
      ? colourChannels(part, window ?? (slice.part ? undefined : colourWindow(slice)))
      : [greyChannel(part, window ?? autoWindow(slice.data, slice.rescale))];
  const resized = sources.map((source) =>
    resizeTriangle(source, part.width, part.height, transform.width, transform.height),
  );
  const plane = input.size * input.size;
  const image = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const to = image.subarray(c * plane, (c + 1) * plane);
    const isSame = c > 0 && resized.length === 1 && input.mean[c] === input.mean[0] && input.std[c] === input.std[0];
    if (isSame)
      to.set(image.subarray(0, plane)); // grey is three times the same
    else place(resized[c % resized.length], to, transform, input.mean[c], input.std[c]);
  }
  return { image, transform };
}

function cut(slice: Slice, wanted: PartRequest): Slice {
  if (!slice.part) return partOf(slice, wanted);
  const { region, level } = slice.part;
  const same = level === wanted.level && JSON.stringify(cornersOf(region)) === JSON.stringify(cornersOf(wanted.region));
  if (!same) throw new RangeError("The part of the slice is not the one that becomes the input.");
  return slice;
}

const cornersOf = ({ x0, y0, x1, y1 }: Crop) => [x0, y0, x1, y1];
