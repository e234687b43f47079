/** Volumes with more slices than the test data has: for clock and memory, never for accuracy. */
import type { Volume } from "../core/image/volume.ts";
import { niftiBytes } from "./nifti-bytes.ts";

/** A NIfTI-1 file of the volume's values, blended along k to more slices of the same thickness. */
export function stretched(
  { data, size: [ni, nj, nk], ijkToLps, rescale }: Volume,
  slices: number,
): Uint8Array<ArrayBuffer> {
  const area = ni * nj;
  const toRas = ijkToLps.slice(0, 12).map((value, at) => (at < 8 ? -value : value));
  const { slope, intercept } = rescale;
  const { bytes, voxels } = niftiBytes({ size: [ni, nj, slices], toRas, slope, intercept });
  for (let k = 0, o = 0; k < slices; k++) {
    const from = (k / (slices - 1)) * (nk - 1);
    const below = Math.min(nk - 2, Math.floor(from));
    for (let n = 0; n < area; n++, o++) {
      const [a, b] = [data[below * area + n], data[(below + 1) * area + n]];
      voxels[o] = Math.round(a + (b - a) * (from - below));
    }
  }
  return bytes;
}
