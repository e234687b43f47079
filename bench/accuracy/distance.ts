import { type Mask, maskBounds } from "../../core/mask/mask.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Squared Euclidean distance in pixels to the nearest pixel outside of the mask, 0 outside; beyond the picture is
 * outside. Exact, by lower envelopes of parabolas (Felzenszwalb & Huttenlocher 2012).
 */
export function squaredDistance(mask: Mask): Float64Array {
  const { width, data } = mask;
  const out = new Float64Array(data.length);
  const bounds = maskBounds(mask);
  if (!bounds) return out;
  const { x0, y0, x1, y1 } = bounds;
  const columns = columnDistance(mask);
  // One site of height 0 on each side of the box: what lies there is outside of the mask, or of the picture.
  const heights = new Float64Array(x1 - x0 + 3);
  const envelope = createEnvelope(heights.length);
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) heights[x - x0 + 1] = columns[y * width + x] ** 2;
    envelope(heights, (site, value) => {
      const x = site - 1 + x0;
      if (x >= x0 && x <= x1) out[y * width + x] = value;
    });
  }
  return out;
}

/** First pixel in raster order of those farthest from the outside; undefined for an empty mask. */
export function deepestPixel(mask: Mask): Place | undefined {
  const distance = squaredDistance(mask);
  let best = 0;
  for (let n = 1; n < distance.length; n++) if (distance[n] > distance[best]) best = n;
  return distance[best] > 0 ? { x: best % mask.width, y: Math.floor(best / mask.width) } : undefined;
}

/** Distance to the nearest outside pixel of the same column. */
function columnDistance({ width, height, data }: Mask): Int32Array {
  const out = new Int32Array(data.length);
  for (let n = 0; n < data.length; n++) if (data[n] !== 0) out[n] = 1 + (n >= width ? out[n - width] : 0);
  for (let n = data.length - 1; n >= 0; n--) {
    const below = n < width * (height - 1) ? out[n + width] : 0;
    if (data[n] !== 0) out[n] = Math.min(out[n], below + 1);
  }
  return out;
}

/** min over q of (p − q)² + heights[q], for each p; scratch memory is kept between lines. */
function createEnvelope(length: number) {
  const sites = new Int32Array(length);
  const starts = new Float64Array(length);
  return (heights: Float64Array, give: (p: number, value: number) => void) => {
    const meet = (a: number, b: number) => (heights[b] + b * b - heights[a] - a * a) / (2 * (b - a));
    let top = 0;
    sites[0] = 0;
    starts[0] = Number.NEGATIVE_INFINITY;
    for (let q = 1; q < length; q++) {
      while (meet(sites[top], q) <= starts[top]) top--;
      const start = meet(sites[top], q);
      sites[++top] = q;
      starts[top] = start;
    }
    for (let p = 0, k = 0; p < length; p++) {
      while (k < top && starts[k + 1] <= p) k++;
      give(p, (p - sites[k]) ** 2 + heights[sites[k]]);
    }
  };
}
