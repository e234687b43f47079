import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { SegmenterError } from "../../core/errors.ts";
import { sliceOf } from "../../core/slice.ts";
import type { Volume } from "../../core/volume.ts";
import type { Limits } from "../limits.ts";
import {
  createSpool,
  hexOf,
  keepImage,
  readVoxels,
  removeImage,
  scanImages,
  spoolFiles,
  sweepSpool,
  writeSynced,
} from "./files.ts";
import { headerOf, littleEndianBytes, type StoredHeader } from "./header.ts";
import { createImageReader } from "./reader.ts";
import type { AddedImage, ImageStore, IncomingFile } from "./types.ts";

export interface ImageStoreOptions {
  /** Where voxels live; two sub-folders are made. */
  readonly dir: string;
  readonly limits: Limits;
  readonly processes?: number;
}

/** Voxels on disk by content, the recently used ones in memory: eviction from memory loses nothing. */
export async function createImageStore({ dir, limits, processes = 2 }: ImageStoreOptions): Promise<ImageStore> {
  const kept = join(dir, "images");
  const spool = join(dir, "spool");
  await mkdir(kept, { recursive: true, mode: 0o700 });
  await mkdir(spool, { recursive: true, mode: 0o700 });
  await sweepSpool(spool);
  const headers = new Map((await scanImages(kept)).map((header) => [header.imageId as string, header]));
  const reader = createImageReader({ limits, processes });
  const loading = new Map<string, Promise<Volume>>();
  const inMemory = new LRUCache<string, Volume>({
    maxSize: limits.imageMemoryBytes,
    sizeCalculation: ({ data }) => Math.min(data.byteLength, limits.imageMemoryBytes),
  });

  const keep = async (header: StoredHeader, voxelPath: string): Promise<AddedImage> => {
    const known = headers.get(header.imageId);
    if (known) return { info: known.info, created: false };
    await keepImage(kept, header, voxelPath);
    headers.set(header.imageId, header);
    await evict(kept, headers, limits.imageDiskBytes);
    return { info: header.info, created: true };
  };
  const inSpool = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
    const folder = await createSpool(spool);
    return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
  };
  const addPaths = (paths: readonly string[], folder: string, options?: { signal?: AbortSignal }) =>
    reader.read(paths, join(folder, "voxels"), options).then((header) => keep(header, join(folder, "voxels")));

  const load = async (header: StoredHeader): Promise<Volume> => {
    const data = await readVoxels(kept, header);
    if (!data) {
      headers.delete(header.imageId);
      await removeImage(kept, hexOf(header.imageId));
      throw new SegmenterError("ImageNotFound", { imageId: header.imageId });
    }
    const now = new Date();
    utimes(join(kept, `${hexOf(header.imageId)}.json`), now, now).catch(() => {});
    const { size, channels, rescale, ijkToLps, unit, modality, inverted, windows, warnings } = header;
    const volume = { size, channels, data, rescale, ijkToLps, unit, modality, inverted, windows, warnings };
    inMemory.set(header.imageId, volume);
    return volume;
  };
  const volume = async (imageId: string): Promise<Volume> => {
    const header = headers.get(imageId);
    if (!header) throw new SegmenterError("ImageNotFound", { imageId });
    headers.delete(imageId);
    headers.set(imageId, header); // the order of the map is the age
    const near = inMemory.get(imageId) ?? loading.get(imageId);
    if (near) return near;
    const far = load(header).finally(() => loading.delete(imageId));
    loading.set(imageId, far);
    return far;
  };

  return {
    add: (files: AsyncIterable<IncomingFile>, options) =>
      inSpool(async (folder) => addPaths(await spoolFiles(files, folder, limits), folder, options)),
    open: (path) => inSpool(async (folder) => addPaths(await filesUnder(path, limits.uploadFiles), folder)),
    addVolume: (made) =>
      inSpool(async (folder) => {
        const header = headerOf(made);
        if (!headers.has(header.imageId)) await writeSynced(join(folder, "voxels"), [littleEndianBytes(made.data)]);
        return keep(header, join(folder, "voxels"));
      }),
    get: (imageId) => headers.get(imageId)?.info,
    volume,
    slice: async (imageId, plane, k) => sliceOf(await volume(imageId), plane, k),
    close: async () => reader.close(),
  };
}

/** Forgets the least recently used images until the rest fits. The newest always stays. */
async function evict(dir: string, headers: Map<string, StoredHeader>, maxBytes: number): Promise<void> {
  const sizes = [...headers.values()].map(({ imageId, dtype, size, channels }) => ({
    imageId,
    bytes: size[0] * size[1] * size[2] * channels * (Number(/\d+/.exec(dtype)) / 8),
  }));
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { imageId, bytes } of sizes.slice(0, -1)) {
    if (total <= maxBytes) return;
    total -= bytes;
    headers.delete(imageId);
    await removeImage(dir, hexOf(imageId));
  }
}

/** The file itself, or all files of a folder and its sub-folders in the order of their names. Hidden ones are left out. */
async function filesUnder(path: string, maxFiles: number): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (files.length > maxFiles) {
    throw new SegmenterError("TooLarge", { what: "files in the study", value: files.length, limit: maxFiles });
  }
  return files;
}
