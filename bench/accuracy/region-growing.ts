import { createMask, type Mask } from "../../core/mask/mask.ts";
import type { Grey, Seeds } from "./grey.ts";

/** Half side of the square around a seed whose greys say what belongs to it. */
const NEIGHBOURHOOD = 3;

/** Greys within so many standard deviations of the neighbourhood's mean belong; at least so many grey levels of 255. */
const SPREAD = 2.5;
const LEAST_TOLERANCE = 8;

/**
 * What is connected to a foreground seed through pixels as grey as its neighbourhood, less what is so connected to a
 * background seed.
 */
export function growRegions(grey: Grey, { foreground, background }: Seeds): Mask {
  const out = createMask(grey.width, grey.height);
  const grown = createMask(grey.width, grey.height);
  for (const seed of background) flood(grey, seed, grown.data);
  for (const seed of foreground) flood(grey, seed, out.data);
  for (let n = 0; n < out.data.length; n++) if (grown.data[n] !== 0) out.data[n] = 0;
  for (const { x, y } of foreground) out.data[y * grey.width + x] = 1;
  return out;
}

/** Mean and tolerance of the greys around a seed. */
function rangeAt({ width, height, data }: Grey, { x, y }: { x: number; y: number }) {
  let [count, sum, squares] = [0, 0, 0];
  for (let v = Math.max(y - NEIGHBOURHOOD, 0); v <= Math.min(y + NEIGHBOURHOOD, height - 1); v++) {
    for (let u = Math.max(x - NEIGHBOURHOOD, 0); u <= Math.min(x + NEIGHBOURHOOD, width - 1); u++) {
      const value = data[v * width + u];
      count++;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(squares / count - mean * mean, 0));
  return { mean, tolerance: Math.max(SPREAD * deviation, LEAST_TOLERANCE) };
}

/** Fills `out` with what 4-neighbours within the tolerance lead to. */
function flood(grey: Grey, seed: { x: number; y: number }, out: Uint8Array) {
  const { width, height, data } = grey;
  const { mean, tolerance } = rangeAt(grey, seed);
  const seen = new Uint8Array(data.length);
  const stack = [seed.y * width + seed.x];
  seen[stack[0]] = 1;
  const visit = (n: number) => {
    if (seen[n] || Math.abs(data[n] - mean) > tolerance) return;
    seen[n] = 1;
    stack.push(n);
  };
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    out[n] = 1;
    const x = n % width;
    if (x > 0) visit(n - 1);
    if (x < width - 1) visit(n + 1);
    if (n >= width) visit(n - width);
    if (n < width * (height - 1)) visit(n + width);
  }
}
