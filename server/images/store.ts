/** The way of an upload: spool, reading process, library. */
import { open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { segmentationHeader } from "../../core/annotation/segmentation.ts";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { littleEndianBytes } from "../../core/image/dtype.ts";
import { partOf } from "../../core/image/part.ts";
import { sliceOf } from "../../core/image/slice.ts";
import type { PartRequest, Slice, Volume } from "../../core/image/volume.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import { type Target, targetFrames } from "../../formats/index.ts";
import { errorCode, sweepTemporaries, writeSynced } from "../disk/durable.ts";
import { freeBytes, makeFolder } from "../disk/folder.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import type { Limits } from "../ops/limits.ts";
import type { Metrics } from "../ops/metrics.ts";
import { type ImageLibrary, openLibrary } from "./library.ts";
import { createImageReader, type ImageReader, type ReadCall, type SurveyTask, type WriteOrder } from "./reader.ts";
import { type ImageRecord, recordOf } from "./record.ts";
import { SERIES_SALT } from "./series-key.ts";
import { createSpool, diskError, type Spool, spoolFiles } from "./spool.ts";
import type { AddedImage, ImageStore, IncomingFile } from "./types.ts";
import { voxelsAt } from "./voxel-file.ts";

type ImageMetrics = Pick<Metrics, "imagesRead" | "imageSeconds">;

export interface ImageStoreOptions {
  /** Two sub-folders are made here, on one disk: `images` and `spool`. */
  readonly dir: string;
  readonly limits: Limits;
  /** Files that are read at the same time. */
  readonly processes?: number;
  readonly metrics?: ImageMetrics;
  readonly observe?: Observe;
}

/** Uploads go to a spool on disk, are read by a child process, and become entries of the library. */
export async function createImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  const { dir, limits, processes = 2, metrics, observe = ignoreEvents } = options;
  const [kept, spoolRoot] = [join(dir, "images"), join(dir, "spool")];
  const usable = await prepare([kept, spoolRoot], observe);
  const library = await openLibrary(kept, limits, observe);
  const reader = createImageReader({ limits, processes, observe });
  const isFull = async () => !usable || (await freeBytes(dir)) < limits.diskFloorBytes;

  const inSpool = async <T>(work: (spool: Spool) => Promise<T>): Promise<T> => {
    const spool = await createSpool(spoolRoot, limits.diskFloorBytes);
    return work(spool).finally(() => rm(spool.dir, { recursive: true, force: true }));
  };
  type SurveyCall = Pick<SurveyTask, "side"> & { signal?: AbortSignal };
  const survey = (kind: SurveyTask["kind"], paths: readonly string[], { side, ...call }: SurveyCall = {}) =>
    inSpool(async (spool) => {
      const out = join(spool.dir, kind);
      await reader.survey({ kind, paths, out, side }, call);
      return new Uint8Array(await readFile(out).catch((thrown) => Promise.reject(diskError(thrown))));
    });
  const read = (paths: readonly string[], spool: Spool, call?: ReadCall) =>
    counted(metrics, async () => {
      const out = join(spool.dir, "voxels");
      const record = await reader.read(paths, out, call);
      return keep(library, record, out, spool);
    });
  return {
    add: (files: AsyncIterable<IncomingFile>, call) =>
      inSpool(async (spool) => read(await spoolFiles(files, spool.dir, limits), spool, call)),
    addFrom: (fill, call) => inSpool(async (spool) => read(await fill(spool.dir), spool, call)),
    open: (path) => inSpool(async (spool) => read(await filesUnder(resolve(path), limits.uploadFiles), spool)),
    heads: async (paths) => jsonOf(await survey("heads", paths)),
    head: (file) => inSpool(async (spool) => headOf(reader, await spoolFiles(only(file), spool.dir, limits), spool)),
    contents: (fill, call) => inSpool(async (spool) => jsonOf(await survey("list", await fill(spool.dir), call))),
    thumbnail: async (fill, call) => inSpool(async (spool) => survey("thumbnail", await fill(spool.dir), call)),
    async addVolume(volume) {
      const record = recordOf(volume);
      if (await isFull()) return library.hold(record, volume.data);
      return inSpool(async (spool) => {
        const out = join(spool.dir, "voxels");
        await writeSynced(out, [littleEndianBytes(volume.data)]).catch((thrown) => Promise.reject(diskError(thrown)));
        return keep(library, record, out, spool);
      });
    },
    get: library.info,
    findSeries: library.findSeries,
    seriesSalt: SERIES_SALT,
    source: library.source,
    importSegments: (imageId, file, call) =>
      inSpool(async (spool) => {
        const target = await targetOf(library, imageId);
        const [path = ""] = await spoolFiles(only(file), spool.dir, limits);
        const out = join(spool.dir, "segments");
        await reader.readSegments({ path, target, out }, call);
        return new Uint8Array(await onDisk(readFile(out)));
      }),
    exportSegments: (order, call) =>
      inSpool(async (spool) => {
        const { imageId } = order.request;
        const source = await library.source(imageId);
        const info = await infoOf(library, imageId);
        const [path, out] = [join(spool.dir, "order"), join(spool.dir, "file")];
        const whole: WriteOrder = { ...order, info, source, at: new Date().toISOString() };
        await onDisk(writeFile(path, JSON.stringify(whole), { mode: 0o600 }));
        const voxels = info.size[0] * info.size[1] * info.size[2];
        const written = await reader.write({ path, out, voxels }, call);
        return { ...written, ...(await openOnce(out)) };
      }),
    volume: (imageId) => library.use(imageId, (volume) => ({ ...volume, data: volume.data.slice() })),
    slice: (imageId, plane, k, part) =>
      library.use(imageId, (volume) => owned(cut(sliceOf(volume, plane, k), part), volume)),
    degraded: async () => ((await isFull()) ? ["NoDiskCache"] : []),
    warm: reader.warm,
    close: reader.close,
  };
}

async function headOf(reader: ImageReader, [path = ""]: readonly string[], { dir }: Spool) {
  const out = join(dir, "heads");
  await reader.survey({ kind: "heads", paths: [path], out });
  const [head = null] = jsonOf(await readFile(out));
  return { head, bytes: new Uint8Array(await readFile(path)) };
}

function cut(slice: Slice, part: PartRequest | undefined): Slice {
  if (!part) return slice;
  try {
    return partOf(slice, part);
  } catch (thrown) {
    throw new SegmenterError("InvalidRequest", { reason: toError(thrown).message, path: "region" });
  }
}

/** What our own child process wrote. */
const jsonOf = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

async function* only(file: IncomingFile): AsyncGenerator<IncomingFile> {
  yield file;
}

/** An image as segments are laid on it. */
async function targetOf(library: ImageLibrary, imageId: string): Promise<Target> {
  const source = await library.source(imageId);
  const info = await infoOf(library, imageId);
  const { imageId: _id, ...header } = segmentationHeader(info);
  return source ? { ...header, ...targetFrames(source) } : header;
}

async function infoOf(library: ImageLibrary, imageId: string): Promise<ImageInfo> {
  const info = await library.info(imageId);
  if (!info) throw new SegmenterError("ImageNotFound", { imageId });
  return info;
}

const onDisk = <T>(work: Promise<T>): Promise<T> => work.catch((thrown) => Promise.reject(diskError(thrown)));

/** A file that may be deleted while it is read: the open handle keeps its bytes. */
async function openOnce(path: string): Promise<{ bytes: number; body: ReadableStream<Uint8Array> }> {
  const file = await onDisk(open(path, "r"));
  const { size } = await file.stat();
  const body = Readable.toWeb(file.createReadStream()) as ReadableStream<Uint8Array>; // Node types its own streams apart
  return { bytes: size, body };
}

/** A native slice is a view of the volume, which leaves when others need its memory. */
const owned = (slice: Slice, { data }: Volume): Slice =>
  slice.data.buffer === data.buffer ? { ...slice, data: slice.data.slice() } : slice;

/** Makes the folders ready. False when the disk does not allow it: images are then kept in memory alone. */
async function prepare(folders: readonly string[], observe: Observe): Promise<boolean> {
  try {
    for (const folder of folders) {
      await makeFolder(folder);
      await sweepTemporaries(folder);
    }
    return true;
  } catch (thrown) {
    observe({ kind: "no-folder", what: "images", reason: errorCode(thrown) });
    return false;
  }
}

/** Into the library on disk; on another disk than its own, into memory. */
async function keep(library: ImageLibrary, record: ImageRecord, path: string, spool: Spool): Promise<AddedImage> {
  if (spool.onCacheDisk) return library.keep(record, path);
  const data = await voxelsAt(path, record.header);
  if (!data) throw new SegmenterError("DiskFull", { what: "image spool" });
  return library.hold(record, data);
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
