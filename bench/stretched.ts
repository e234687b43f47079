/** Volumes with more slices than the test data has: for clock and memory, never for accuracy. */
import type { Volume } from "../core/image/volume.ts";

/** A NIfTI-1 file of the volume's values, blended along k to more slices of the same thickness. */
export function stretched(
  { data, size: [ni, nj, nk], ijkToLps, rescale }: Volume,
  slices: number,
): Uint8Array<ArrayBuffer> {
  const area = ni * nj;
  const bytes = new Uint8Array(352 + 2 * area * slices);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, ni, nj, slices, 1, 1, 1, 1].forEach((value, n) => {
    view.setInt16(40 + 2 * n, value, true);
  });
  view.setInt16(70, 4, true); // int16
  view.setInt16(72, 16, true);
  for (let n = 1; n < 4; n++) view.setFloat32(76 + 4 * n, 1, true); // the rows below say the true ones
  view.setFloat32(108, 352, true);
  view.setFloat32(112, rescale.slope, true);
  view.setFloat32(116, rescale.intercept, true);
  view.setInt16(254, 1, true); // the rows below hold
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 4; column++)
      view.setFloat32(280 + 16 * row + 4 * column, (row < 2 ? -1 : 1) * ijkToLps[4 * row + column], true); // LPS → RAS
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  for (let k = 0, o = 352; k < slices; k++) {
    const from = (k / (slices - 1)) * (nk - 1);
    const below = Math.min(nk - 2, Math.floor(from));
    for (let n = 0; n < area; n++, o += 2) {
      const [a, b] = [data[below * area + n], data[(below + 1) * area + n]];
      view.setInt16(o, Math.round(a + (b - a) * (from - below)), true);
    }
  }
  return bytes;
}
