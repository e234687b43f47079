/** The folder that a server was started with: a list of series, each opened when somebody asks for it. */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Digest } from "../../../core/digest.ts";
import { isSegmenterError, SegmenterError } from "../../../core/errors.ts";
import type { SeriesImage, StudyEntry, StudySeries } from "../../../core/wire/index.ts";
import { hexOf, sha256 } from "../../disk/sha256.ts";
import type { AddedImage, ImageStore } from "../../images/types.ts";
import { seriesImages } from "../series-images.ts";
import { type FolderSeries, groupFiles } from "./grouping.ts";
import { createScan } from "./scan.ts";

export interface Folder {
  /** Looks whether files came, went or changed since. Never rejects: a folder that cannot be read keeps its list. */
  refresh(): Promise<void>;
  /** Studies, the one with the image that is open from the start first. */
  list(): readonly StudyEntry[];
  /** Reads this series and no other. Throws SeriesNotFound and what a reader throws. */
  open(seriesId: string, options?: { index?: number | undefined; signal?: AbortSignal }): Promise<AddedImage>;
  /** The images of a series. Throws as `open`. */
  images(seriesId: string, options?: { signal?: AbortSignal }): Promise<readonly SeriesImage[]>;
  /** A small PNG. Throws as `open`. */
  thumbnail(seriesId: string, options?: { signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
}

type Images = Pick<ImageStore, "addFrom" | "contents" | "heads" | "thumbnail">;

/** A list that is older is looked at again when somebody asks. */
const RESCAN_MS = 2000;
/** Of many series that cannot be read only these are tried at the start. */
const MOST_TRIES = 8;

/** What a server without a folder offers: one image, which is open already. */
export const singleImage = (imageId: Digest, name: string): Folder => ({
  refresh: async () => {},
  list: () => [{ imageId, name, series: [], left: [] }],
  open: async () => Promise.reject(new SegmenterError("SeriesNotFound", {})),
  images: async () => Promise.reject(new SegmenterError("SeriesNotFound", {})),
  thumbnail: async () => Promise.reject(new SegmenterError("SeriesNotFound", {})),
});

interface FolderLimits {
  readonly folderFiles: number;
  readonly rescanMs?: number;
}

/** The folder as it was looked at last. */
interface Looked {
  readonly paths: readonly string[];
  readonly unknown: number;
  readonly byId: ReadonlyMap<string, FolderSeries>;
  /** Changes with a file of the series, or its content. */
  readonly states: ReadonlyMap<string, string>;
}

/** Lists a folder by the starts of its files and opens its best series. Throws what the reader throws when none can be read. */
export async function openFolder(
  path: string,
  images: Images,
  { folderFiles, rescanMs = RESCAN_MS }: FolderLimits,
): Promise<Folder> {
  const look = createLook(createScan(resolve(path), images, folderFiles));
  let now = await look();
  const find = (seriesId: string): FolderSeries => {
    const found = now.byId.get(seriesId);
    if (!found) throw new SegmenterError("SeriesNotFound", {});
    return found;
  };
  const { open, known, forgetChanged } = createOpening(images, find, () => now);
  const first = await openFirst([...now.byId.keys()], open);
  return {
    refresh: pacedBy(rescanMs, async () => {
      const before = now;
      now = await look();
      forgetChanged(before);
    }),
    open,
    list: () => studiesOf(now.byId, known, { first, unknown: now.unknown }),
    images: async (seriesId, call) => imagesOf(find(seriesId), images, call),
    thumbnail: (seriesId, call) => {
      const { paths: files, format } = find(seriesId);
      const middle = files[Math.floor(files.length / 2)] ?? "";
      return images.thumbnail(async () => (format === "DICOM" || files.length > 2 ? [middle] : files), call);
    },
  };
}

/** Ids hold while the server runs, and tell nothing of names and UIDs. */
function createLook(scan: ReturnType<typeof createScan>): () => Promise<Looked> {
  const salt = randomBytes(16);
  return async () => {
    const { paths, heads, stampOf } = await scan();
    const { series, unknown } = groupFiles(paths, heads);
    const byId = new Map(series.map((one) => [hexOf(sha256(salt, one.key)).slice(0, 32), one]));
    const stateOf = (one: FolderSeries) => one.paths.map((file) => `${file} ${stampOf(file)}`).join("\n");
    return { paths, unknown, byId, states: new Map([...byId].map(([id, one]) => [id, stateOf(one)])) };
  };
}

/** Opens series, and remembers what came of it. */
function createOpening(images: Images, find: (seriesId: string) => FolderSeries, now: () => Looked) {
  const reasons = new Map<string, string>();
  const read = new Map<string, Digest>();
  const open: Folder["open"] = async (seriesId, { index, signal } = {}) => {
    const one = find(seriesId);
    const picture = one.kind === "pictures" ? one.paths[index ?? 0] : undefined;
    if (one.kind === "pictures" && !picture) throw new SegmenterError("SeriesNotFound", {});
    const isAlone = now().byId.size === 1;
    const files = picture ? [picture] : isAlone ? now().paths : one.paths; // of what is left out, warnings tell
    try {
      const call = { ...(signal && { signal }), ...(picture || index === undefined ? {} : { index }) };
      const added = await images.addFrom(async () => files, call);
      reasons.delete(seriesId);
      read.set(seriesId, added.info.imageId);
      return added;
    } catch (thrown) {
      if (isSegmenterError(thrown) && !picture) reasons.set(seriesId, reasonOf(thrown));
      throw thrown;
    }
  };
  /** What opening has told of a series holds for the files that it had. */
  const forgetChanged = (before: Looked) => {
    for (const seriesId of [...reasons.keys(), ...read.keys()]) {
      if (before.states.get(seriesId) === now().states.get(seriesId)) continue;
      reasons.delete(seriesId);
      read.delete(seriesId);
    }
  };
  return { open, known: { reasons, read }, forgetChanged };
}

async function imagesOf(
  one: FolderSeries,
  images: Images,
  call: { signal?: AbortSignal } | undefined,
): Promise<readonly SeriesImage[]> {
  if (one.kind === "pictures") return one.paths.map((_, index) => ({ index, modality: "OT", kind: "image" }));
  return seriesImages(await images.contents(async () => one.paths, call));
}

/** At most one look at a time, and one in `ms`; its failure is nobody's who asks. */
function pacedBy(ms: number, look: () => Promise<void>): () => Promise<void> {
  let last = performance.now();
  let looking: Promise<void> | undefined;
  return () => {
    if (looking || performance.now() - last < ms) return looking ?? Promise.resolve();
    looking = look()
      .catch(() => {})
      .finally(() => {
        looking = undefined;
        last = performance.now();
      });
    return looking;
  };
}

/** The public part of an error, without a value of the file. */
const reasonOf = ({ code, detail }: SegmenterError): string => {
  if ("reason" in detail && "field" in detail) return `${detail.field}: ${detail.reason}`;
  return "found" in detail ? `It is ${detail.found}.` : code;
};

interface First {
  readonly seriesId: string;
  readonly imageId: Digest;
}

/** What opening has told of series. */
interface Known {
  readonly reasons: ReadonlyMap<string, string>;
  readonly read: ReadonlyMap<string, Digest>;
}

async function openFirst(ids: readonly string[], open: Folder["open"]): Promise<First> {
  let failure: unknown = new SegmenterError("UnsupportedFormat", {
    found: "a folder without an image",
    supported: "a folder of images",
  });
  for (const [n, seriesId] of ids.slice(0, MOST_TRIES).entries()) {
    try {
      return { seriesId, imageId: (await open(seriesId)).info.imageId };
    } catch (thrown) {
      if (!isSegmenterError(thrown)) throw thrown;
      if (n === 0) failure = thrown;
    }
  }
  throw failure;
}

function studiesOf(
  byId: ReadonlyMap<string, FolderSeries>,
  known: Known,
  { first, unknown }: { first: First; unknown: number },
): StudyEntry[] {
  const studies = new Map<string, [string, FolderSeries][]>();
  for (const [seriesId, one] of byId) {
    const study = studies.get(one.studyKey);
    if (study) study.push([seriesId, one]);
    else studies.set(one.studyKey, [[seriesId, one]]);
  }
  const entries = [...studies.values()].map((series, n): StudyEntry => {
    const holdsFirst = series.some(([seriesId]) => seriesId === first.seriesId);
    const { date, studyDescription } = series[0]?.[1] ?? {};
    return {
      ...(holdsFirst ? { imageId: first.imageId } : {}),
      name: studies.size === 1 ? "Study" : `Study ${n + 1}`, // names of files and folders may be names of people
      ...(date === undefined ? {} : { date }),
      ...(studyDescription === undefined ? {} : { description: studyDescription }),
      series: series.map(([seriesId, one]) => onWire(seriesId, one, known)),
      left: n === 0 && unknown > 0 ? [{ files: unknown, reason: "They are of no format that is read here." }] : [],
    };
  });
  return entries.toSorted((a, b) => Number(b.imageId !== undefined) - Number(a.imageId !== undefined));
}

function onWire(seriesId: string, one: FolderSeries, { reasons, read }: Known): StudySeries {
  const { format, modality, kind, size, number, description, paths, reason = reasons.get(seriesId) } = one;
  const imageId = read.get(seriesId);
  return {
    seriesId,
    format,
    modality,
    kind,
    files: paths.length,
    ...(size && { size }),
    ...(number === undefined ? {} : { number }),
    ...(description === undefined ? {} : { description }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export const isFolder = async (path: string): Promise<boolean> => (await stat(resolve(path))).isDirectory();
