/** What the app is made of: the services behind the routes, and the few things that only a runtime can give. */

import type { Digest } from "../../core/digest.ts";
import type { Wire } from "../../core/embedding/file.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { EmbeddingInfo, EmbeddingRequest, MaskRequest, MaskResponse } from "../../core/wire/index.ts";
import type { ImageStore } from "../images/types.ts";
import type { InferencePool } from "../inference/pool.ts";
import type { ModelRegistry } from "../models/registry.ts";
import type { Limits } from "../ops/limits.ts";
import type { Log } from "../ops/log.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { Archives } from "../sources/dicomweb/archives.ts";
import type { Folder } from "../sources/folder/folder.ts";
import type { NameService } from "../text/name-service.ts";
import type { PhrasePlaces } from "../text/places.ts";
import type { JobService } from "../work/jobs.ts";

/** Everything that the app needs; it knows no runtime of its own. */
export interface AppDeps {
  readonly images: ImageStore;
  readonly archives: Archives;
  readonly embeddings: Embeddings;
  readonly masks: Masks;
  readonly jobs: JobService;
  readonly models: ModelRegistry;
  /** Runs an encoder on what another server has preprocessed. Throws as `embed` does. */
  readonly infer: InferencePool["infer"];
  readonly vocabulary: Vocabulary;
  readonly names: Pick<NameService, "resolve">;
  /** Where a phrase that is no name may be. */
  readonly places: PhrasePlaces;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly limits: Limits;
  readonly lifecycle: Lifecycle;
  /** Of this server, for the files that it writes. */
  readonly version?: string;
  /** Codes of what works less well than it should. */
  degraded(): Promise<readonly string[]>;
  readonly openFile: OpenFile;
  /** What the server was started with. */
  readonly folder: Pick<Folder, "refresh" | "list" | "open" | "images" | "thumbnail">;
  /** The built viewer, and the examples. */
  readonly findStatic?: FindStatic;
  /** Origins that may call from other pages; exact. */
  readonly corsOrigins?: readonly string[];
  /** They may send cookies and other credentials. */
  readonly corsCredentials?: boolean;
  /** Request headers that they may send beside our own. */
  readonly corsHeaders?: readonly string[];
  /** Host names that this server answers to; any when left out. */
  readonly allowedHosts?: readonly string[];
  /** Answers as to somebody who has not shown who they are: nothing but health and the page. */
  readonly refuseStrangers?: boolean;
  readonly headers?: HeaderOptions;
}

/** What the routes need of the embedding service. */
export interface Embeddings {
  /**
   * Throws ImageNotFound, SliceNotFound, UnknownModel, Saturated, DeadlineExceeded, Cancelled, EncoderCrashed. What is done
   * in the background lets everybody go first who looks at a slice.
   */
  embed(
    imageId: Digest,
    request: EmbeddingRequest,
    options?: { signal?: AbortSignal; background?: boolean },
  ): Promise<EmbeddingInfo>;
  /** The tensors as a safetensors file. Throws EmbeddingNotFound. */
  bytes(embeddingId: Digest, wire: Wire): Promise<Uint8Array<ArrayBuffer>>;
}

/** What the routes need of the mask service. */
export interface Masks {
  masks(request: MaskRequest, options?: { signal?: AbortSignal }): Promise<MaskResponse>;
}

/** Bytes `start` to `end` (both included) of a file of this server. */
export type OpenFile = (path: string, range: { start: number; end: number }) => ReadableStream<Uint8Array>;

/** A file of a built page. */
export interface StaticFile {
  readonly path: string;
  readonly bytes: number;
  readonly type: string;
  readonly etag: string;
  /** The name carries a hash of the content. */
  readonly immutable: boolean;
}

/** Finds a file of a built page by URL path; `undefined` for anything outside its folder. */
export type FindStatic = (urlPath: string) => StaticFile | undefined;

/** Whether the server takes work, and why not. */
export interface Lifecycle {
  /** True from the first signal to stop. */
  draining(): boolean;
  /** Reason codes; none means ready. */
  unready(): readonly string[];
}

export interface HeaderOptions {
  /** Origins that may show the viewer in a frame, beside its own. */
  readonly frameAncestors?: readonly string[];
  /** Says `Strict-Transport-Security` for a year; only for servers behind TLS alone. */
  readonly hsts?: boolean;
}
