/** The inverse cosine transform of a component's blocks (ITU T.81 A.3.3), in floating point. */
import type { Component } from "./scan.ts";

/** C(u)/2 · cos((2x + 1) u π / 16) at 8 x + u. */
const BASIS = Float64Array.from({ length: 64 }, (_, n) => {
  const [x, u] = [n >> 3, n & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/** All samples of a component, `stride` blocks to a line, level shift undone and clamped to `precision` bits. */
export function samplesOf(
  { coefficients, stride }: Pick<Component, "coefficients" | "stride">,
  quantizer: Uint16Array,
  precision: number,
): Uint16Array {
  const out = new Uint16Array(coefficients.length);
  const rows = new Float64Array(64);
  const [middle, most] = [2 ** (precision - 1), 2 ** precision - 1];
  const line = stride * 8;
  for (let block = 0; block * 64 < coefficients.length; block++) {
    transformRows(coefficients, block * 64, quantizer, rows);
    const start = Math.floor(block / stride) * 8 * line + (block % stride) * 8;
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        let sum = 0;
        for (let v = 0; v < 8; v++) sum += (BASIS[8 * y + v] ?? 0) * (rows[8 * v + x] ?? 0);
        out[start + y * line + x] = Math.min(most, Math.max(0, Math.round(sum + middle)));
      }
  }
  return out;
}

function transformRows(coefficients: Int32Array, at: number, quantizer: Uint16Array, rows: Float64Array): void {
  for (let v = 0; v < 8; v++)
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++)
        sum += (BASIS[8 * x + u] ?? 0) * (coefficients[at + 8 * v + u] ?? 0) * (quantizer[8 * v + u] ?? 0);
      rows[8 * v + x] = sum;
    }
}
