/** What a browser needs to do without a server: a worker that opens files and encodes slices. Shapes alone. */
import type { Digest } from "../../core/digest.ts";
import type { Plane } from "../../core/image/volume.ts";
import type { EmbeddingInfo, EmbeddingRequest, Graph, ImageInfo, Manifest } from "../../core/wire/index.ts";
import type { Outcome } from "../decode/outcome.ts";
import type { Study } from "../types.ts";

export interface LocalStart {
  readonly manifest: Manifest;
  readonly threads: number;
}

/** One file of the model; the encoder is asked for with the first slice. */
export type ReadModelFile = (file: Pick<Graph, "path"> & Partial<Graph>) => Promise<Uint8Array>;

/** Every answer is an outcome, because Comlink drops the code of a thrown error. */
export interface LocalWorker {
  start(options: LocalStart, readFile: ReadModelFile): Promise<void>;
  /** Reads one image or series, as an upload does. */
  open(files: readonly Uint8Array[], index: number | undefined): Promise<Outcome<ImageInfo>>;
  /** `ImageNotFound` for what was not opened in this page, or had to make room. */
  image(imageId: string): Promise<Outcome<ImageInfo>>;
  /** Stored values, little-endian, as `GET …/slices/…` gives them. */
  slice(imageId: string, plane: Plane, k: number): Promise<Outcome<Uint8Array<ArrayBuffer>>>;
  embed(imageId: string, request: EmbeddingRequest): Promise<Outcome<EmbeddingInfo>>;
  /** The safetensors file at the manifest's wire precision, the one that a server sends. */
  embedding(id: Digest): Promise<Outcome<Uint8Array<ArrayBuffer>>>;
  /** The built-in image. */
  studies(): Promise<Outcome<readonly Study[]>>;
}
