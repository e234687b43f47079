/** A NIfTI-1 file to write voxels into: benchmarks make volumes larger than those of the test data. */

const HEADER_BYTES = 352;
const INT16 = 4;

export interface NiftiFrame {
  readonly size: readonly [number, number, number];
  /** Three rows of voxel indices → RAS, mm. */
  readonly toRas: readonly number[];
  readonly slope?: number;
  readonly intercept?: number;
}

/** `voxels` are the int16 values within `bytes`, all 0, i fastest. */
export function niftiBytes({ size, toRas, slope = 1, intercept = 0 }: NiftiFrame) {
  const [i, j, k] = size;
  const bytes = new Uint8Array(HEADER_BYTES + 2 * i * j * k);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, i, j, k, 1, 1, 1, 1].forEach((dim, axis) => {
    view.setInt16(40 + 2 * axis, dim, true);
  });
  view.setInt16(70, INT16, true);
  view.setInt16(72, 16, true); // bits
  for (let axis = 1; axis < 4; axis++) view.setFloat32(76 + 4 * axis, 1, true); // the rows say the true spacing
  view.setFloat32(108, HEADER_BYTES, true);
  view.setFloat32(112, slope, true);
  view.setFloat32(116, intercept, true);
  view.setInt16(254, 1, true); // the rows hold
  toRas.forEach((value, at) => {
    view.setFloat32(280 + 4 * at, value, true);
  });
  bytes.set(new TextEncoder().encode("n+1\0"), 344);
  return { bytes, voxels: new Int16Array(bytes.buffer, HEADER_BYTES) };
}
