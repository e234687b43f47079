/**
 * Masks between settled slices without a model: shapes are blended by their signed distances (Raya & Udupa 1990), after
 * each is moved along the line between their centroids, so that a structure which wanders does not vanish on the way.
 */
import { createMask, type Mask, maskArea } from "../mask/mask.ts";
import { blend } from "../mask/morphology.ts";

export interface Interpolated {
  readonly slice: number;
  readonly mask: Mask;
}

/** Every slice in the gaps between neighbouring masks. An empty mask ends a structure: no gap beside it is filled. */
export function interpolate(settled: ReadonlyMap<number, Mask>): readonly Interpolated[] {
  const known = [...settled].toSorted(([a], [b]) => a - b);
  return known.flatMap(([start, a], n) => {
    const [end, b] = known[n + 1] ?? [start, a];
    if (end - start < 2 || maskArea(a) === 0 || maskArea(b) === 0) return [];
    return Array.from({ length: end - start - 1 }, (_, step) => {
      return { slice: start + step + 1, mask: between(a, b, (step + 1) / (end - start)) };
    });
  });
}

function between(a: Mask, b: Mask, share: number): Mask {
  const [ax, ay] = centroid(a);
  const [bx, by] = centroid(b);
  const [dx, dy] = [bx - ax, by - ay];
  const [x, y] = [Math.round(dx * share), Math.round(dy * share)];
  return blend(moved(a, x, y), moved(b, x - Math.round(dx), y - Math.round(dy)), share);
}

function centroid({ width, data }: Mask): readonly [number, number] {
  let [x, y, area] = [0, 0, 0];
  for (let n = 0; n < data.length; n++) {
    if (data[n] === 0) continue;
    x += n % width;
    y += Math.floor(n / width);
    area++;
  }
  return [x / area, y / area];
}

/** What leaves the slice is cut off. */
function moved({ width, height, data }: Mask, dx: number, dy: number): Mask {
  const out = createMask(width, height);
  for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++)
    for (let x = Math.max(0, dx); x < Math.min(width, width + dx); x++)
      out.data[y * width + x] = data[(y - dy) * width + x - dx];
  return out;
}
