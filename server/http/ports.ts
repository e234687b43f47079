import type { Wire } from "../../core/embedding/file.ts";
import type { Digest } from "../../core/embedding/store.ts";
import type { EmbeddingInfo, EmbeddingRequest, MaskRequest, MaskResponse } from "../../core/wire/index.ts";

/** What the routes need of the embedding service. */
export interface Embeddings {
  /** Throws ImageNotFound, SliceNotFound, UnknownModel, Saturated, DeadlineExceeded, Cancelled, EncoderCrashed. */
  embed(imageId: Digest, request: EmbeddingRequest, options?: { signal?: AbortSignal }): Promise<EmbeddingInfo>;
  /** The tensors as a safetensors file. Throws EmbeddingNotFound. */
  bytes(embeddingId: Digest, wire: Wire): Promise<Uint8Array<ArrayBuffer>>;
}

/** What the routes need of the mask service. */
export interface Masks {
  masks(request: MaskRequest, options?: { signal?: AbortSignal }): Promise<MaskResponse>;
}

/** Bytes `start` to `end` (both included) of a file of this server. */
export type OpenFile = (path: string, range: { start: number; end: number }) => ReadableStream<Uint8Array>;

/** A file of the built viewer. */
export interface StaticFile {
  readonly path: string;
  readonly bytes: number;
  readonly type: string;
  readonly etag: string;
  /** The name carries a hash of the content. */
  readonly immutable: boolean;
}

/** Finds a file of the viewer by URL path; `undefined` for anything outside its folder. */
export type FindStatic = (urlPath: string) => StaticFile | undefined;

/** Whether the server takes work, and why not. */
export interface Lifecycle {
  /** True from the first signal to stop. */
  draining(): boolean;
  /** Reason codes; none means ready. */
  unready(): readonly string[];
}
