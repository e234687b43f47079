/** Every image that the server knows, by its id. */
import { rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import { dtypeBytes } from "../../core/image/dtype.ts";
import type { StoredHeader } from "../../core/image/header.ts";
import type { ImageSource } from "../../core/image/source.ts";
import type { Volume, VoxelArray } from "../../core/image/volume.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import { listAside, setAside, trimAside } from "../disk/folder.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import type { Limits } from "../ops/limits.ts";
import { createVolumeMemory } from "./memory.ts";
import { type ImageRecord, readRecord, recordName, voxelsName, writeRecord } from "./record.ts";
import { scanImages } from "./scan.ts";
import { seriesKey } from "./series-key.ts";
import { diskError } from "./spool.ts";
import type { AddedImage } from "./types.ts";
import { readVoxels } from "./voxel-file.ts";

/** Images on disk by content, the recently used ones in memory too: eviction from memory loses nothing. */
export interface ImageLibrary {
  /** Takes over a file of voxels on the same disk. */
  keep(record: ImageRecord, voxelPath: string): Promise<AddedImage>;
  /** Takes an image into memory alone, for as long as there is room. Throws DiskFull when it is larger than the cap. */
  hold(record: ImageRecord, data: VoxelArray): AddedImage;
  /** The image of a series that was used last, by the series' key. */
  findSeries(key: string): ImageInfo | undefined;
  /** What is known of an image, also of one that another server has put into the same folder since. */
  info(imageId: string): Promise<ImageInfo | undefined>;
  /** Where the image came from; `undefined` when its file did not say. Throws ImageNotFound. */
  source(imageId: string): Promise<ImageSource | undefined>;
  /**
   * Lends the volume for the length of a call; nothing of it may be kept. Throws ImageNotFound, also for an image whose bytes
   * on disk are not what was written, and Saturated when it cannot be read now.
   */
  use<T>(imageId: string, work: (volume: Volume) => T): Promise<T>;
}

type LibraryLimits = Pick<Limits, "images" | "imageMemoryBytes" | "imageDiskBytes">;

interface Entry {
  readonly header: StoredHeader;
  /** Names the DICOM series without telling its UID. */
  readonly series?: Digest | undefined;
  /** Only for an image that is in memory alone. */
  readonly held?: { readonly source: ImageSource | undefined };
}

const ID = /^sha256:[0-9a-f]{64}$/;

/** Opens the library of a folder. */
export async function openLibrary(
  dir: string,
  limits: LibraryLimits,
  observe: Observe = ignoreEvents,
): Promise<ImageLibrary> {
  const entries = new Map<string, Entry>(); // in the order of use
  const onEvict = (imageId: string) => {
    if (entries.get(imageId)?.held) entries.delete(imageId);
  };
  const memory = createVolumeMemory({ maxBytes: limits.imageMemoryBytes, onEvict });
  for (const { header, seriesUid } of await scanImages(dir, observe))
    entries.set(header.imageId, { header, series: seriesUid === undefined ? undefined : seriesKey(seriesUid) });
  await evict(dir, entries, limits, observe);

  const find = async (imageId: string): Promise<Entry | undefined> => {
    const known = entries.get(imageId);
    if (known || !ID.test(imageId)) return known;
    const found = await readRecord(dir, recordName(imageId));
    if (found.outcome !== "good") return entries.get(imageId);
    const learned = entries.get(imageId) ?? { header: found.header, series: seriesOf(found) };
    entries.set(imageId, learned);
    return learned;
  };
  const entryOf = async (imageId: string): Promise<Entry> => {
    const entry = await find(imageId);
    if (!entry) throw new SegmenterError("ImageNotFound", { imageId });
    return entry;
  };
  const forget = async (imageId: string, outcome: "foreign" | "gone"): Promise<never> => {
    entries.delete(imageId);
    for (const name of [recordName(imageId), voxelsName(imageId)]) await setAside(dir, name).catch(() => {});
    if (outcome === "foreign") observe({ kind: "set-aside", what: "images", count: 1 });
    throw new SegmenterError("ImageNotFound", { imageId });
  };
  const load = async (header: StoredHeader): Promise<Volume> => {
    const found = await readVoxels(dir, header);
    if (found.outcome === "unreadable") throw unreadable(observe, found.reason);
    if (found.outcome !== "good") return forget(header.imageId, found.outcome);
    const now = new Date();
    utimes(join(dir, recordName(header.imageId)), now, now).catch(() => {}); // the order of use outlives the process
    return volumeOf(header, found.data);
  };
  return {
    async keep(record, voxelPath) {
      const { header } = record;
      const known = entries.get(header.imageId);
      if (!known || known.held) await moveIn(dir, record, voxelPath);
      else if (!sameText(known.header, header)) await writeRecord(dir, record);
      const created = !entries.has(header.imageId); // an equal upload may have been quicker
      entries.delete(header.imageId);
      entries.set(header.imageId, { header, series: seriesOf(record) });
      await evict(dir, entries, limits, observe);
      return { info: header.info, created };
    },
    hold({ header, source }, data) {
      const created = !entries.has(header.imageId);
      if (created && !memory.set(header.imageId, volumeOf(header, data.slice())))
        throw new SegmenterError("DiskFull", { what: "image library" });
      if (created) entries.set(header.imageId, { header, held: { source }, series: seriesOf({ header, source }) });
      return { info: header.info, created };
    },
    findSeries: (key) => [...entries.values()].findLast(({ series }) => series === key)?.header.info,
    info: async (imageId) => (await find(imageId))?.header.info,
    async source(imageId) {
      const { held } = await entryOf(imageId);
      if (held) return held.source;
      const found = await readRecord(dir, recordName(imageId));
      if (found.outcome === "unreadable") throw unreadable(observe, found.reason);
      return found.outcome === "good" ? found.source : forget(imageId, found.outcome);
    },
    async use(imageId, work) {
      const entry = await entryOf(imageId);
      entries.delete(imageId);
      entries.set(imageId, entry);
      const { header } = entry;
      return memory.use({ imageId, bytes: bytesOf(header), read: () => load(header) }, work);
    },
  };
}

const seriesOf = ({ source }: ImageRecord): Digest | undefined =>
  source?.seriesInstanceUid === undefined ? undefined : seriesKey(source.seriesInstanceUid);

function volumeOf(
  { dtype: _d, pixels: _p, imageId: _i, info: _info, ...rest }: StoredHeader,
  data: VoxelArray,
): Volume {
  return { ...rest, data };
}

/** The voxels first: the record's presence means complete. */
async function moveIn(dir: string, record: ImageRecord, voxelPath: string): Promise<void> {
  try {
    await rename(voxelPath, join(dir, voxelsName(record.header.imageId)));
    await writeRecord(dir, record);
  } catch (thrown) {
    throw diskError(thrown);
  }
}

/** Warnings are no part of the identity: the record tells those of the file that was read last. */
const sameText = (a: StoredHeader, b: StoredHeader): boolean => JSON.stringify(a.info) === JSON.stringify(b.info);

/** Nothing is wrong with the image as far as anybody knows, so the caller may come back. */
function unreadable(observe: Observe, reason: string): SegmenterError {
  observe({ kind: "unreadable", what: "images", count: 1, reason });
  return new SegmenterError("Saturated", { retryAfterS: 1 });
}

const bytesOf = ({ dtype, size, channels }: StoredHeader): number =>
  size[0] * size[1] * size[2] * channels * dtypeBytes(dtype);

/** Forgets the least recently used images until the rest fits, after what is set aside. The newest always stays. */
async function evict(
  dir: string,
  entries: Map<string, Entry>,
  { images, imageDiskBytes }: LibraryLimits,
  observe: Observe,
): Promise<void> {
  const oldestFirst = [...entries.values()].filter(({ held }) => !held).map(({ header }) => header);
  let bytes = oldestFirst.reduce((sum, header) => sum + bytesOf(header), 0);
  let count = oldestFirst.length;
  const aside = await listAside(dir);
  if (aside.length > 0) await trimAside(dir, { maxBytes: Math.max(0, imageDiskBytes - bytes), maxFiles: 2 * images });
  for (const { imageId, ...header } of oldestFirst.slice(0, -1)) {
    if (bytes <= imageDiskBytes && count <= images) break;
    bytes -= bytesOf({ ...header, imageId });
    count--;
    entries.delete(imageId);
    await remove(dir, imageId);
  }
  const evicted = oldestFirst.length - count;
  if (evicted > 0) observe({ kind: "evicted", what: "images", count: evicted });
}

async function remove(dir: string, imageId: Digest): Promise<void> {
  for (const name of [recordName(imageId), voxelsName(imageId)]) await rm(join(dir, name), { force: true });
}
