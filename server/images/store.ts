import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import { sliceOf } from "../../core/image/slice.ts";
import type { Limits } from "../ops/limits.ts";
import type { Metrics } from "../ops/metrics.ts";
import { createSpool, spoolFiles, sweepSpool, writeSynced } from "./files.ts";
import { headerOf } from "./header.ts";
import { openLibrary } from "./library.ts";
import { createImageReader } from "./reader.ts";
import type { AddedImage, ImageStore, IncomingFile } from "./types.ts";
import { littleEndianBytes } from "./voxels.ts";

type ImageMetrics = Pick<Metrics, "imagesRead" | "imageSeconds">;

export interface ImageStoreOptions {
  /** Two sub-folders are made here, on one disk: `images` and `spool`. */
  readonly dir: string;
  readonly limits: Limits;
  /** Children that read uploads. */
  readonly processes?: number;
  readonly metrics?: ImageMetrics;
}

/** Uploads go to a spool on disk, are read by a child process, and become entries of the library. */
export async function createImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  const { dir, limits, processes = 2, metrics } = options;
  const [kept, spool] = [join(dir, "images"), join(dir, "spool")];
  for (const folder of [kept, spool]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await sweepSpool(spool);
  const library = await openLibrary(kept, limits);
  const reader = createImageReader({ limits, processes });

  const inSpool = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
    const folder = await createSpool(spool);
    return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
  };
  const read = (paths: readonly string[], folder: string, call?: { signal?: AbortSignal }) =>
    counted(metrics, async () => {
      const out = join(folder, "voxels");
      return library.keep(await reader.read(paths, out, call), out);
    });
  return {
    add: (files: AsyncIterable<IncomingFile>, call) =>
      inSpool(async (folder) => read(await spoolFiles(files, folder, limits), folder, call)),
    open: (path) => inSpool(async (folder) => read(await filesUnder(path, limits.uploadFiles), folder)),
    addVolume: (volume) =>
      inSpool(async (folder) => {
        const out = join(folder, "voxels");
        await writeSynced(out, [littleEndianBytes(volume.data)]);
        return library.keep(headerOf(volume), out);
      }),
    get: library.info,
    volume: library.volume,
    slice: async (imageId, plane, k) => sliceOf(await library.volume(imageId), plane, k),
    close: async () => reader.close(),
  };
}

async function counted(metrics: ImageMetrics | undefined, read: () => Promise<AddedImage>): Promise<AddedImage> {
  const stop = metrics?.imageSeconds.startTimer();
  let outcome = "InternalError";
  try {
    const added = await read();
    outcome = added.created ? "created" : "known";
    return added;
  } catch (thrown) {
    if (isSegmenterError(thrown)) outcome = thrown.code;
    throw thrown;
  } finally {
    metrics?.imagesRead.inc({ outcome });
    stop?.({ outcome });
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
