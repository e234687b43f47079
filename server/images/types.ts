/** What the rest of the server needs of images. */
import type { Digest } from "../../core/digest.ts";
import type { ImageSource } from "../../core/image/source.ts";
import type { PartRequest, Plane, Slice, Volume } from "../../core/image/volume.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import type { FileHead, ImageList } from "../../formats/index.ts";
import type { WriteOrder, WrittenFile } from "./reader.ts";

/** One file as it arrives: bytes nobody has looked at yet. */
export interface IncomingFile {
  readonly body: AsyncIterable<Uint8Array>;
}

/** What is written of an image, and who made it. */
export type ExportOrder = Omit<WriteOrder, "info" | "source" | "at">;

export interface ExportedFile extends WrittenFile {
  readonly bytes: number;
  /** Read once; the file is gone when it ends. */
  readonly body: ReadableStream<Uint8Array>;
}

export interface AddedImage {
  readonly info: ImageInfo;
  /** False when the same image was here before. */
  readonly created: boolean;
}

/**
 * Images by content: the id is the sha256 of what the file says of pixels, geometry, rescale, modality, windows and source,
 * never of the file's bytes. Warnings are no part of it: an upload answers with those of the file that was just read.
 */
export interface ImageStore {
  /**
   * Reads one image or one series: of several the one that is most likely meant, or number `index` of `listImages`. Throws
   * UnsupportedFormat, MalformedFile, TooLarge, InvalidRequest (no such image), DiskFull, Saturated, Cancelled.
   */
  add(
    files: AsyncIterable<IncomingFile>,
    call?: { index?: number | undefined; signal?: AbortSignal },
  ): Promise<AddedImage>;
  /** Reads the files that `fill` puts into a folder of its own, or names, as `add` does. */
  addFrom(
    fill: (dir: string) => Promise<readonly string[]>,
    options?: { index?: number | undefined; signal?: AbortSignal },
  ): Promise<AddedImage>;
  /** What the starts of files say; `null` for what no reader takes. In the order of the paths. */
  heads(paths: readonly string[]): Promise<readonly (FileHead | null)[]>;
  /** What the start of one file says. Throws what `add` throws. */
  head(file: IncomingFile): Promise<{ readonly head: FileHead | null; readonly bytes: Uint8Array }>;
  /** The images in files that `fill` puts into a folder of its own, or names, without decoding them. Nothing is kept. */
  contents(fill: (dir: string) => Promise<readonly string[]>, options?: { signal?: AbortSignal }): Promise<ImageList>;
  /** A PNG of at most `side` pixels a side (128): the middle slice of what the files hold. Nothing is kept. */
  thumbnail(
    fill: (dir: string) => Promise<readonly string[]>,
    options?: { side?: number | undefined; signal?: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Opens a file or a folder of this machine by the same way as an upload. */
  open(path: string): Promise<AddedImage>;
  /** Takes a volume made in this process. */
  addVolume(volume: Volume): Promise<AddedImage>;
  /** The image of a series that was used last. `key` is the sha256 of `seriesSalt`, a line feed and the SeriesInstanceUID. */
  findSeries(key: string): ImageInfo | undefined;
  readonly seriesSalt: string;
  /** Also what another server has put into the same folder. */
  get(imageId: string): Promise<ImageInfo | undefined>;
  /** UIDs and attributes of where the image came from: patient data. `undefined` when its file did not say. Throws ImageNotFound. */
  source(imageId: string): Promise<ImageSource | undefined>;
  /**
   * Lays a file of segments (DICOM SEG, RTSTRUCT, labelmap) on an image: the UTF-8 JSON of an `ImportResult`. Throws
   * ImageNotFound, DoesNotFit and what `add` throws.
   */
  importSegments(
    imageId: string,
    file: IncomingFile,
    options?: { signal?: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Writes a result as a file, in a process of its own. Throws CannotExport, ImageNotFound, TooLarge, DiskFull, Saturated. */
  exportSegments(order: ExportOrder, options?: { signal?: AbortSignal }): Promise<ExportedFile>;
  /** A copy that is the caller's own. Throws ImageNotFound. */
  volume(imageId: string): Promise<Volume>;
  /** A slice, or a part of it. Throws ImageNotFound, SliceNotFound; InvalidRequest for a part outside of it. */
  slice(imageId: string, plane: Plane, k: number, part?: PartRequest): Promise<Slice>;
  /** What does not work as it should: `NoDiskCache`. */
  degraded(): Promise<readonly string[]>;
  /** Starts what reads uploads, so that the first need not wait for it. */
  warm(): void;
  close(): Promise<void>;
}

/** An image that is open from the start. */
export interface Study {
  readonly imageId: Digest;
  readonly name: string;
}
