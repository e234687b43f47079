/** A mask with rounder borders: blurred, and cut where half of it is left. */
import { onPart, type Voxels } from "./voxels.ts";

/** The kernel ends where its weight is below 1 % of the middle. */
const REACH = 3;

/**
 * Gaussian smoothing with a standard deviation of `sigma`, in the unit of the spacing, cut at one half. Beyond the border
 * of the image the mask goes on as it is there. Axes along which a voxel is wider than twice `sigma` are left alone.
 */
export function smooth(voxels: Voxels, sigma: number): Voxels {
  const kernels = voxels.spacing.map((step, axis) => (voxels.size[axis] > 1 ? kernelFor(sigma / step) : [1]));
  const margins = kernels.map((kernel) => (kernel.length - 1) / 2 + 1);
  return onPart(voxels, [margins[0], margins[1], margins[2]], (part) => {
    let values: Float32Array = Float32Array.from(part.data);
    kernels.forEach((kernel, axis) => {
      if (kernel.length > 1) values = blurred(values, part, kernel, axis);
    });
    return Uint8Array.from(values, (value) => (value >= 0.5 ? 1 : 0));
  });
}

/** Weights of a Gaussian, summing to 1; `sigma` in voxels. */
function kernelFor(sigma: number): readonly number[] {
  if (sigma < 0.5) return [1];
  const reach = Math.ceil(sigma * REACH);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, n) => Math.exp(-((n - reach) ** 2) / (2 * sigma * sigma)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function blurred(values: Float32Array, { size }: Voxels, kernel: readonly number[], axis: number): Float32Array {
  const out = new Float32Array(values.length);
  const stride = [1, size[0], size[0] * size[1]][axis];
  const length = size[axis];
  const reach = (kernel.length - 1) / 2;
  for (let n = 0; n < values.length; n++) {
    const at = Math.floor(n / stride) % length;
    let sum = 0;
    for (let m = 0; m < kernel.length; m++) {
      const other = Math.min(length - 1, Math.max(0, at + m - reach));
      sum += kernel[m] * values[n + (other - at) * stride];
    }
    out[n] = sum;
  }
  return out;
}
