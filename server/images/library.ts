import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { SegmenterError } from "../../core/errors.ts";
import type { Volume } from "../../core/image/volume.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import type { Limits } from "../ops/limits.ts";
import { hexOf, keepImage, readVoxels, removeImage, scanImages } from "./files.ts";
import type { StoredHeader } from "./header.ts";
import type { AddedImage } from "./types.ts";

/** Images on disk by content, the recently used ones in memory too: eviction from memory loses nothing. */
export interface ImageLibrary {
  /** Takes over a file of voxels on the same disk. */
  keep(header: StoredHeader, voxelPath: string): Promise<AddedImage>;
  info(imageId: string): ImageInfo | undefined;
  /** Throws ImageNotFound, also for an image whose bytes on disk are not what was written. */
  volume(imageId: string): Promise<Volume>;
}

/** Opens the library of a folder. */
export async function openLibrary(
  dir: string,
  { imageMemoryBytes, imageDiskBytes }: Pick<Limits, "imageMemoryBytes" | "imageDiskBytes">,
): Promise<ImageLibrary> {
  const headers = new Map<string, StoredHeader>();
  for (const header of await scanImages(dir)) headers.set(header.imageId, header);
  const loading = new Map<string, Promise<Volume>>();
  const inMemory = new LRUCache<string, Volume>({
    maxSize: imageMemoryBytes,
    sizeCalculation: ({ data }) => Math.min(data.byteLength, imageMemoryBytes),
  });

  const load = async (header: StoredHeader): Promise<Volume> => {
    const data = await readVoxels(dir, header);
    if (!data) {
      headers.delete(header.imageId);
      await removeImage(dir, hexOf(header.imageId));
      throw new SegmenterError("ImageNotFound", { imageId: header.imageId });
    }
    const now = new Date();
    utimes(join(dir, `${hexOf(header.imageId)}.json`), now, now).catch(() => {});
    const { dtype: _dtype, pixels: _pixels, imageId, info: _info, ...rest } = header;
    const volume = { ...rest, data };
    inMemory.set(imageId, volume);
    return volume;
  };
  return {
    async keep(header, voxelPath) {
      const known = headers.get(header.imageId);
      if (known) return { info: known.info, created: false };
      await keepImage(dir, header, voxelPath);
      const created = !headers.has(header.imageId); // an equal upload may have been quicker
      headers.set(header.imageId, header);
      await evict(dir, headers, imageDiskBytes);
      return { info: header.info, created };
    },
    info: (imageId) => headers.get(imageId)?.info,
    async volume(imageId) {
      const header = headers.get(imageId);
      if (!header) throw new SegmenterError("ImageNotFound", { imageId });
      headers.delete(imageId);
      headers.set(imageId, header); // the order of the map is the age
      const near = inMemory.get(imageId) ?? loading.get(imageId);
      if (near) return near;
      const far = load(header).finally(() => loading.delete(imageId));
      loading.set(imageId, far);
      return far;
    },
  };
}

const bytesOf = ({ dtype, size, channels }: StoredHeader): number =>
  size[0] * size[1] * size[2] * channels * (Number(/\d+/.exec(dtype)) / 8);

/** Forgets the least recently used images until the rest fits. The newest always stays. */
async function evict(dir: string, headers: Map<string, StoredHeader>, maxBytes: number): Promise<void> {
  const oldestFirst = [...headers.values()];
  let total = oldestFirst.reduce((sum, header) => sum + bytesOf(header), 0);
  for (const header of oldestFirst.slice(0, -1)) {
    if (total <= maxBytes) return;
    total -= bytesOf(header);
    headers.delete(header.imageId);
    await removeImage(dir, hexOf(header.imageId));
  }
}
