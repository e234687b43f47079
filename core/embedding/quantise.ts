/** Embeddings in eight bits: min–max per channel. The model card says what it costs in Dice. */

import { SegmenterError } from "../errors.ts";

export interface Quantised {
  readonly data: Int8Array<ArrayBuffer>;
  /** Per channel; value = q·scale + offset. */
  readonly scale: Float32Array<ArrayBuffer>;
  readonly offset: Float32Array<ArrayBuffer>;
}

/** `[1, C, …]` values → int8 with scale and offset per channel; the error is at most half a scale. Throws for NaN. */
export function quantise(values: Float32Array, channels: number): Quantised {
  const length = values.length / channels;
  if (!Number.isInteger(length))
    throw new RangeError(`${values.length} values do not divide into ${channels} channels.`);
  const data = new Int8Array(values.length);
  const scale = new Float32Array(channels);
  const offset = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const from = c * length;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let finite = 0; // a product with 0 is 0, or NaN where a value is not finite
    for (let i = from; i < from + length; i++) {
      const value = values[i];
      finite += value * 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (finite !== 0) throw new SegmenterError("EncoderOutputInvalid", { reason: "It is not all finite." });
    scale[c] = (high - low) / 255;
    offset[c] = low + 128 * scale[c]; // a constant channel: scale 0, every q 0
    if (scale[c] === 0) continue;
    const step = scale[c];
    for (let i = from; i < from + length; i++)
      data[i] = Math.min(255, Math.floor((values[i] - low) / step + 0.5)) - 128;
  }
  return { data, scale, offset };
}

/** The inverse of `quantise`, within half a scale. */
export function dequantise({ data, scale, offset }: { data: Int8Array; scale: Float32Array; offset: Float32Array }) {
  const length = data.length / scale.length;
  if (!Number.isInteger(length) || offset.length !== scale.length)
    throw new RangeError(`${data.length} values, ${scale.length} scales and ${offset.length} offsets do not fit.`);
  const out = new Float32Array(data.length);
  for (let c = 0; c < scale.length; c++) {
    for (let i = c * length; i < (c + 1) * length; i++) out[i] = data[i] * scale[c] + offset[c];
  }
  return out;
}
