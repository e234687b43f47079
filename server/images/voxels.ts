import type { VoxelArray } from "../../core/image/volume.ts";

const BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The bytes of a typed array, little-endian, without a copy. Throws on a big-endian machine, which we do not support. */
export function littleEndianBytes(data: VoxelArray): Uint8Array {
  if (BIG_ENDIAN) throw new RangeError("This machine is big-endian; voxels are kept little-endian.");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
