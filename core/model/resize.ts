/** Resampling of the encoder's input: what torch's antialiased bilinear does, so that training and use see the same pixels. */

interface Taps {
  readonly start: Int32Array;
  readonly count: Int32Array;
  /** `stride` weights for each output position. */
  readonly weights: Float64Array;
  readonly stride: number;
}

/** Triangle filter, support = the larger of one input and one output pixel (as PIL's BILINEAR and torch's antialias). */
function triangleTaps(size: number, outSize: number): Taps {
  const scale = size / outSize;
  const support = Math.max(scale, 1);
  const stride = 2 * Math.ceil(support) + 1;
  const start = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Float64Array(outSize * stride);
  for (let o = 0; o < outSize; o++) {
    const centre = scale * (o + 0.5);
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const n = Math.min(Math.trunc(centre + support + 0.5), size) - first;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const weight = Math.max(0, 1 - Math.abs((first + i - centre + 0.5) / support));
      weights[o * stride + i] = weight;
      sum += weight;
    }
    for (let i = 0; i < n; i++) weights[o * stride + i] /= sum;
    start[o] = first;
    count[o] = n;
  }
  return { start, count, weights, stride };
}

function resizeRows(src: Float32Array, width: number, height: number, outWidth: number): Float32Array {
  const { start, count, weights, stride } = triangleTaps(width, outWidth);
  const out = new Float32Array(outWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      const from = y * width + start[x];
      let sum = 0;
      for (let i = 0; i < count[x]; i++) sum += src[from + i] * weights[x * stride + i];
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

function resizeColumns(src: Float32Array, width: number, height: number, outHeight: number): Float32Array {
  const { start, count, weights, stride } = triangleTaps(height, outHeight);
  const out = new Float32Array(width * outHeight);
  for (let y = 0; y < outHeight; y++) {
    for (let i = 0; i < count[y]; i++) {
      const weight = weights[y * stride + i];
      const from = (start[y] + i) * width;
      for (let x = 0; x < width; x++) out[y * width + x] += src[from + x] * weight;
    }
  }
  return out;
}

/**
 * Antialiased triangle resize of one row-major channel.
 * Equal to torch `F.interpolate(mode="bilinear", antialias=True, align_corners=False)` within float32 rounding.
 */
export function resizeTriangle(
  src: Float32Array,
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
): Float32Array {
  if (src.length !== width * height) throw new RangeError(`Expected ${width * height} pixels, got ${src.length}.`);
  if (!(outWidth >= 1 && outHeight >= 1)) throw new RangeError(`Cannot resize to ${outWidth}×${outHeight}.`);
  const wide = outWidth === width ? src : resizeRows(src, width, height, outWidth);
  return outHeight === height ? wide.slice() : resizeColumns(wide, outWidth, height, outHeight);
}
