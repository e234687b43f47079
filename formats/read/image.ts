/** From files to one image: what they are, which of several images is meant, and what is left out. */

import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import type { Volume } from "../../core/image/volume.ts";
import { colourWindow } from "../../core/image/window.ts";
import { counted } from "../bytes/counted.ts";
import { asReadError, unsupported } from "../bytes/fail.ts";
import { check, DEFAULT_LIMITS, inflatedLimit, type Limits } from "../bytes/limits.ts";
import { readZip } from "../bytes/zip.ts";
import type { DecodePool, WasmSource } from "../codecs/wasm.ts";
import { type Candidate, type Found, findCandidates, type ImageFile } from "./candidates.ts";
import { formatOf } from "./detect.ts";
import { type ImageList, treeOf } from "./list.ts";

export interface ReadOptions {
  readonly limits?: Limits;
  /** Where the codecs find their WebAssembly; needed in browsers only. */
  readonly wasm?: WasmSource;
  /** Decodes images of many frames on several threads. */
  readonly codecs?: DecodePool;
  /** Number of an image in `listImages`; without it the best one is read. */
  readonly choose?: number;
}

const DARK_WARNING = "The picture is dark: it is shown and segmented by its own range of values (automatic window).";

/** Of many files that cannot be decoded only these are tried. */
const MOST_TRIES = 16;

/**
 * Reads one image: of a DICOM study the series that is most likely meant, of several other files the first. The format is
 * told by the bytes, never by the name; warnings say what is left out. Throws UnsupportedFormat, MalformedFile or TooLarge,
 * and InvalidRequest when there is no image of the number that was asked for.
 * @example const volume = await readImage([{ bytes: new Uint8Array(await file.arrayBuffer()) }]);
 */
export async function readImage(files: readonly ImageFile[], options: ReadOptions = {}): Promise<Volume> {
  const found = open(files, options);
  if (options.choose !== undefined) {
    const chosen = found.candidates[options.choose];
    if (!chosen) throw noSuchImage(found.candidates.length);
    return readCandidate(chosen, found, []);
  }
  const failures: SegmenterError[] = [];
  for (const candidate of found.candidates.filter(({ onRequest }) => !onRequest).slice(0, MOST_TRIES)) {
    try {
      return await readCandidate(candidate, found, failures);
    } catch (thrown) {
      if (!isSegmenterError(thrown)) throw thrown;
      failures.push(thrown);
    }
  }
  throw failures[0] ?? found.left[0]?.error ?? nothingFound(files);
}

/** What the files hold, without decoding them: studies, their series, the images of each. Throws as `readImage` does. */
export function listImages(files: readonly ImageFile[], options: Pick<ReadOptions, "limits"> = {}): ImageList {
  const { candidates, left } = open(files, options);
  const images = candidates.map(({ studyUid, seriesUid, file, entry }, index) => ({
    studyUid,
    seriesUid,
    file,
    entry: { ...entry, index },
  }));
  return { studies: treeOf(images), left: left.map(({ file, reason }) => ({ file, reason })) };
}

function nothingFound(files: readonly ImageFile[]): SegmenterError {
  if (files.length === 0) return unsupported("no file");
  if (files.some(({ bytes }) => bytes.length > 0)) return unsupported("bytes of no format that is read here");
  return unsupported(files.length === 1 ? "nothing: the file is empty" : "nothing: the files are empty");
}

function noSuchImage(count: number): SegmenterError {
  const reason = count === 0 ? "there is no image to choose" : `expected the number of an image, 0 to ${count - 1}`;
  return new SegmenterError("InvalidRequest", { reason, path: "index" });
}

async function readCandidate(candidate: Candidate, found: Found, failures: readonly SegmenterError[]): Promise<Volume> {
  try {
    const volume = await candidate.read();
    const failed = failedNote(failures.length);
    const dark = colourWindow(volume) ? [DARK_WARNING] : [];
    return { ...volume, warnings: [...failed, ...found.notes(candidate), ...volume.warnings, ...dark] };
  } catch (thrown) {
    throw asReadError(thrown, candidate.entry.format, "file");
  }
}

const failedNote = (count: number): string[] =>
  counted(count, "image cannot be read and is left out.", "images cannot be read and are left out.");

function open(files: readonly ImageFile[], { limits = DEFAULT_LIMITS, wasm, codecs }: ReadOptions): Found {
  check("uploaded bytes", total(files), limits.fileBytes);
  return findCandidates(unpacked(files, limits), { limits, wasm, codecs });
}

const total = (files: readonly ImageFile[]) => files.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Archives replaced by what they hold; an archive inside an archive stays closed. */
function unpacked(files: readonly ImageFile[], limits: Limits): readonly ImageFile[] {
  if (!files.some(({ bytes }) => formatOf(bytes) === "ZIP")) return files;
  const all = files.flatMap((file) => (formatOf(file.bytes) === "ZIP" ? readZip(file.bytes, limits) : [file]));
  check("unpacked bytes", total(all), inflatedLimit(total(files), limits));
  return all;
}
