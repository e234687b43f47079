import type { Digest } from "../../core/digest.ts";
import type { Plane, Slice, Volume } from "../../core/image/volume.ts";
import type { ImageInfo } from "../../core/wire/index.ts";

/** One file as it arrives: bytes nobody has looked at yet. */
export interface IncomingFile {
  readonly body: AsyncIterable<Uint8Array>;
}

export interface AddedImage {
  readonly info: ImageInfo;
  /** False when the same pixels with the same geometry were here before. */
  readonly created: boolean;
}

/** Pictures by content: the id is the sha256 of pixels, geometry and rescale, never of the file. */
export interface ImageStore {
  /** Reads one picture or one series. Throws UnsupportedFormat, MalformedFile, TooLarge, DiskFull, Cancelled. */
  add(files: AsyncIterable<IncomingFile>, options?: { signal?: AbortSignal }): Promise<AddedImage>;
  /** Opens a file or a folder of this machine by the same way as an upload. */
  open(path: string): Promise<AddedImage>;
  /** Takes a volume made in this process. */
  addVolume(volume: Volume): Promise<AddedImage>;
  get(imageId: string): ImageInfo | undefined;
  /** Throws ImageNotFound. */
  volume(imageId: string): Promise<Volume>;
  /** Throws ImageNotFound, SliceNotFound. */
  slice(imageId: string, plane: Plane, k: number): Promise<Slice>;
  close(): Promise<void>;
}

/** A picture that is open from the start. */
export interface Study {
  readonly imageId: Digest;
  readonly name: string;
}
