/** Voxels of an image on disk, little-endian, as one file without a header. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { voxelsOf } from "../../core/image/dtype.ts";
import type { StoredHeader } from "../../core/image/header.ts";
import type { VoxelArray } from "../../core/image/volume.ts";
import { errorCode } from "../disk/durable.ts";
import { sha256Of } from "../disk/sha256.ts";
import { voxelsName } from "./record.ts";

export type FoundVoxels =
  | { readonly outcome: "good"; readonly data: VoxelArray }
  /** Other bytes than were written. */
  | { readonly outcome: "foreign" }
  | { readonly outcome: "gone" }
  /** Nothing is known of them: too many open files, no rights, a failing disk. */
  | { readonly outcome: "unreadable"; readonly reason: string };

/** Reads the voxels of an image and compares them with their digest. Never throws. */
export async function readVoxels(dir: string, header: StoredHeader): Promise<FoundVoxels> {
  try {
    const data = await voxelsAt(join(dir, voxelsName(header.imageId)), header);
    return data ? { outcome: "good", data } : { outcome: "foreign" };
  } catch (thrown) {
    const reason = errorCode(thrown);
    if (reason === "ENOENT") return { outcome: "gone" };
    return reason === "EISDIR" || reason === "RangeError" ? { outcome: "foreign" } : { outcome: "unreadable", reason };
  }
}

/** The voxels of a file; `undefined` when they are not those of the header. */
export async function voxelsAt(path: string, { dtype, pixels }: StoredHeader): Promise<VoxelArray | undefined> {
  const bytes = await readExact(path);
  return (await sha256Of(pieces(bytes))) === pixels ? voxelsOf(dtype, bytes) : undefined;
}

/** Hashed piece by piece, so that the thread answers others in between: one takes about 3 ms. */
async function* pieces(bytes: ArrayBuffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    yield new Uint8Array(bytes, at, Math.min(PIECE_BYTES, bytes.byteLength - at));
    await setImmediate();
  }
}

const PIECE_BYTES = 2 ** 21;

/** A whole file in a buffer of exactly its size, so that any typed array may view it. */
async function readExact(path: string): Promise<ArrayBuffer> {
  const file = await open(path, "r");
  try {
    const bytes = new ArrayBuffer((await file.stat()).size);
    const target = new Uint8Array(bytes);
    for (let at = 0; at < target.length; ) {
      const { bytesRead } = await file.read(target, at, Math.min(target.length - at, 2 ** 30), at);
      if (bytesRead === 0) throw new RangeError("The file became shorter while it was read.");
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
