/** What a user of the package sees. No code here, so that viewers and adapters can depend on the shapes alone. */

import type { Chain } from "../core/annotation/chain.ts";
import type { PromptLog } from "../core/annotation/log.ts";
import type { Segmentation } from "../core/annotation/segmentation.ts";
import type { Candidate } from "../core/annotation/slice-mask.ts";
import type { Digest } from "../core/digest.ts";
import type { SliceRef } from "../core/image/slice-ref.ts";
import type { PartRequest, Plane, Slice, Window } from "../core/image/volume.ts";
import type { Mask, ScoredMask } from "../core/mask/mask.ts";
import type {
  ArchiveInfo,
  ArchiveSeriesList,
  ArchiveSeriesRef,
  ArchiveSeriesRequest,
  ArchiveStored,
  ArchiveStudies,
  ArchiveStudiesRequest,
  ArchiveThumbnailRequest,
  Crop,
  ExportOrder,
  ImageDescription,
  ImageInfo,
  ImageReference,
  ImportResult,
  ListedTerm,
  NameGuess,
  Prompt,
  PromptContext,
  PromptKind,
  Rle,
  SeriesImage,
  StudyEntry,
  TextPromptAnswer,
  Transform,
} from "../core/wire/index.ts";
import type { LookTarget, PrefetchTarget, PropagateProgress, PropagateTarget } from "./common/job-types.ts";

/** Where masks are decoded, best first: the GPU of this browser, its CPU, the server. */
export type BackendName = "webgpu" | "wasm" | "server";

/** Where a browser without a server finds the model, and who reads files for it. */
export interface LocalOptions {
  /** Folder with the model's `manifest.json`, the files that it names, `vocabulary.json` and `names.json`. */
  readonly models: string | URL;
  /** Makes the worker that opens files and encodes; `npm run build:static` builds one. */
  readonly worker: () => Worker;
}

export interface SegmenterOptions {
  /** Address of a Promptomy server, which may have a path and may be relative to the page; `null` to do without one, by `local`. */
  readonly server: string | URL | null;
  /** With `server: null`: images are opened and encoded in this browser. */
  readonly local?: LocalOptions;
  /** A model id of `GET /v1/models`; the server's default when left out. */
  readonly model?: string;
  /** `auto` takes the best backend that answers the self-check; a name starts the ladder there. */
  readonly decode?: "auto" | BackendName;
  /** Makes the decoder worker where the bundler cannot: a module worker that imports `@promptomy/client/worker`. */
  readonly worker?: () => Worker;
  /** Where the bundled script of `@promptomy/client/worker` lies, on any origin that allows this page by CORS. */
  readonly workerUrl?: string | URL;
  /** Every request to the server passes through here: credentials, retries, tests. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Bytes of prepared slices that the worker keeps. Default 256 MiB. */
  readonly cacheBytes?: number;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
  /** Called with each change of `Segmenter.status`, the first time before `createSegmenter` resolves. */
  readonly onStatus?: (status: SegmenterStatus) => void;
}

export interface SegmenterStatus {
  readonly state: "starting" | "ready" | "recovering" | "closed";
  readonly backend: BackendName;
  /** One sentence for the user: why this backend and not a faster one. */
  readonly reason: string;
  /** Id of the model that decodes. */
  readonly model: string;
  /** Milliseconds of the latest decode, before the first one of a GPU's self-check; `undefined` when nothing was timed yet. */
  readonly ms: number | undefined;
  /** WASM threads in use; 1 where the page is not cross-origin isolated. */
  readonly threads: number;
}

/** A slice of an image that the server already has. */
export interface EmbedTarget {
  readonly imageId: string;
  /** Default `native`. */
  readonly plane?: Plane;
  /** Default 0. */
  readonly slice?: number;
  /** Default: the image's first window. It is part of the embedding, not of the display. */
  readonly window?: Window | null;
  /** Encodes this part alone, at full input size. */
  readonly crop?: Crop;
}

/** A slice that is encoded and ready to be prompted. A plain value: it may be stored and sent. */
export interface Embedding {
  readonly id: Digest;
  readonly imageId: Digest;
  readonly plane: Plane;
  readonly slice: number;
  /** `null` for colour. */
  readonly window: Window | null;
  readonly transform: Transform;
  readonly model: string;
  /** Of the slice, in pixels; masks have this size. */
  readonly width: number;
  readonly height: number;
}

/** A mask with its origin. */
export interface SegmentMask extends ScoredMask {
  readonly backend: BackendName;
  /** The embedding that answered: the one that was asked, or a closer one of a small segment. */
  readonly on: Embedding;
  /** Chance, 0 to 1, that the named structure is in the slice; only with a text prompt. */
  readonly presence?: number;
  /** The server's name for its logits. Where it is set, `lowResLogits` is empty and the mask was decoded there. */
  readonly lowResLogitsId?: Digest;
  /** What it may be called, best first; only where it was asked to classify. */
  readonly names?: readonly NameGuess[];
}

/** Something that can be opened. */
export interface Study {
  readonly imageId: Digest;
  readonly name: string;
}

/** What a server can read by name, so that no file passes through the browser. */
export interface Sources {
  /** The server's folder: studies and their series. Nothing of it is read for the list. */
  studies(call?: CallOptions): Promise<readonly StudyEntry[]>;
  /** The images of a series of the folder, by its id, or of an archive, which sends the series for it. */
  images(series: string | ArchiveSeriesRef, call?: CallOptions): Promise<readonly SeriesImage[]>;
  /** A PNG of a series of the folder, by its id, or of an archive: small unless a `side` is asked for. */
  thumbnail(series: string | ArchiveThumbnailRequest, call?: CallOptions): Promise<Blob>;
  /** Opens a series; instances of an archive are counted as they arrive. */
  open(reference: ImageReference, call?: OpenOptions): Promise<ImageInfo>;
  archives(call?: CallOptions): Promise<readonly ArchiveInfo[]>;
  searchStudies(request: ArchiveStudiesRequest, call?: CallOptions): Promise<ArchiveStudies>;
  /** Sends a DICOM file of the image's study to an archive; what became of it is the answer. */
  store(result: { imageId: string; archive: string; file: Blob }, call?: CallOptions): Promise<ArchiveStored>;
  searchSeries(request: ArchiveSeriesRequest, call?: CallOptions): Promise<ArchiveSeriesList>;
}

export interface OpenOptions extends CallOptions {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface SegmentationOptions extends CallOptions {
  /** Hidden segments are part of a segmentation, and say so. */
  readonly hidden?: ReadonlySet<string>;
  /** Run lengths of masks that stand in the log by digest. */
  readonly kept?: (mask: Digest) => Promise<Rle>;
  /** This slice alone. */
  readonly place?: Pick<SliceRef, "plane" | "slice">;
  /** What was said beside the prompts when they were given: names mean what they meant then. */
  readonly context?: PromptContext;
  /** Candidates of a chain, best first, where the caller has decoded them already, or its mask where that stands in the log. */
  readonly decoded?: (chain: Chain) => readonly Candidate[] | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface SliceOptions extends CallOptions {
  /** A region of the slice, at a coarser level of detail. The whole at its own when left out. */
  readonly part?: PartRequest;
}

export interface SegmentOptions extends CallOptions {
  /** Three candidates for an ambiguous prompt. */
  readonly multimask?: boolean;
  /** An earlier mask of the same slice, to refine. */
  readonly previous?: SegmentMask;
  /**
   * `auto`, the default, encodes a crop around a small segment (not after one click alone) and answers from that; `always`
   * does so for what a name alone has found, too; `never` stays with the embedding.
   */
  readonly zoom?: "auto" | "always" | "never";
  readonly context?: PromptContext;
  /** Also what the best mask may be called: one decode a name the first time on a slice. */
  readonly classify?: boolean;
}

/** A name that `findAll` has asked. */
export interface NameLooked {
  readonly done: number;
  readonly total: number;
  /** Absent where the name gave nothing new. */
  readonly found?: {
    readonly id: string;
    readonly name: string;
    readonly presence: number;
    readonly mask: SegmentMask;
  };
}

/** A file that the server wrote. */
export interface ExportedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The model that answers. */
export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  /** Kinds of prompts that it takes. */
  readonly prompts: readonly PromptKind[];
  /** It can say where a phrase may be that is no name: `readName` with a slice. */
  readonly heatMap: boolean;
}

export interface Segmenter {
  readonly model: ModelInfo;
  readonly status: SegmenterStatus;
  /** Calls back on every change of status until the returned function is called. */
  onStatus(listener: (status: SegmenterStatus) => void): () => void;
  /** Resolves when a backend is chosen. Nothing needs to wait for it: calls do. */
  ready(): Promise<SegmenterStatus>;
  /**
   * Sends one file, or all files of a series. The same pixels get the same `imageId`. Of files that hold several images
   * `index` chooses one, counted as `listImages` does; without it the one that is most likely meant is read.
   */
  upload(files: Blob | readonly Blob[], call?: CallOptions & { readonly index?: number }): Promise<ImageInfo>;
  /** Segments of a file (DICOM SEG, RTSTRUCT, labelmap), laid on an image. Rejects with `DoesNotFit` where they are of another place. */
  importSegments(imageId: string, file: Blob, call?: CallOptions): Promise<ImportResult>;
  /** What the server knows of an image. */
  image(imageId: string, call?: CallOptions): Promise<ImageInfo>;
  /** The image of a DICOM series that the server has, so that nobody sends it twice. The UID travels as a salted hash only. */
  findSeries(seriesInstanceUid: string, call?: CallOptions): Promise<ImageInfo | undefined>;
  /** DICOM UIDs of where an image came from: patient data. `undefined` for an image that is not from DICOM. */
  source(imageId: string, call?: CallOptions): Promise<ImageDescription["source"]>;
  /** Stored pixels of a slice, shared with the decoder: no second download. Of a large picture a part may be enough. */
  slice(ref: Pick<EmbedTarget, "imageId" | "plane" | "slice">, call?: SliceOptions): Promise<Slice>;
  /** Encodes a slice on the server and prepares it here; afterwards each `segment` is one decode. */
  embed(image: ImageData | Blob | EmbedTarget, call?: CallOptions): Promise<Embedding>;
  /** Masks for the prompts, best predicted IoU first, never empty. Rejects with a `SegmenterError`, or with the signal's reason. */
  segment(
    on: Embedding,
    prompts: readonly Prompt[],
    options?: SegmentOptions,
  ): Promise<[best: SegmentMask, ...rest: SegmentMask[]]>;
  /** As `segment`, best mask only, for hovering: a newer call replaces one that waits, which then resolves to `undefined`. */
  preview(on: Embedding, prompts: readonly Prompt[], options?: SegmentOptions): Promise<SegmentMask | undefined>;
  /**
   * Looks for every structure of this kind of image whose name was measured to work, on the slice: one decode a name.
   * `context` says where and what for; what it leaves out the file says. Rejects as `segment`; leaving the loop stops it.
   */
  findAll(on: Embedding, call?: Pick<SegmentOptions, "signal" | "context">): AsyncGenerator<NameLooked>;
  /** What a mask of the slice may be called, best first: names whose own masks agree with it. */
  classify(on: Embedding, mask: Mask, call?: Pick<SegmentOptions, "signal" | "context">): Promise<readonly NameGuess[]>;
  /** The structures that a text prompt may name. */
  vocabulary(call?: CallOptions): Promise<readonly ListedTerm[]>;
  /**
   * What a text names; for one that is no name, which structures it may mean, and where it may be on the slice `on`, if the model has
   * a heat map. Kind of image and task decide between namesakes.
   */
  readName(
    text: string,
    call?: CallOptions & Pick<PromptContext, "modality" | "task"> & { readonly on?: Embedding },
  ): Promise<TextPromptAnswer>;
  /** What is open on the server from the start. */
  studies(call?: CallOptions): Promise<readonly Study[]>;
  /** Everything else that the server offers: the series of its folder, and archives that speak DICOMweb. */
  readonly sources: Sources;
  /**
   * A result as a file that the server writes: DICOM SEG and the other formats of `POST /v1/exports`. Rejects with
   * CannotExport where the image lacks what the format needs.
   */
  exportFile(request: ExportOrder, call?: CallOptions): Promise<ExportedFile>;
  /** Encodes slices ahead; gives the number of each as it becomes ready. */
  prefetch(target: PrefetchTarget, call?: CallOptions): AsyncGenerator<number>;
  /**
   * Fills the slices around and between settled ones, on the server; masks come as they are found. When the connection is
   * lost (`ServerUnreachable`), the same target takes the same job up again. An abort stops the job.
   */
  propagate(target: PropagateTarget, call?: CallOptions): AsyncGenerator<PropagateProgress>;
  /** On which slices a structure is, one decode a slice, on the server. Rejects with UnknownTerm, or InvalidRequest for a name whose presence was not measured. */
  locate(name: string, target: LookTarget, call?: CallOptions): AsyncGenerator<PropagateProgress>;
  /** As `findAll`, on every slice, on the server: each mask says the name of its structure. */
  findThrough(target: LookTarget, call?: CallOptions): AsyncGenerator<PropagateProgress>;
  /**
   * Every mask that a log asks for of one image, as one value for exports. Rejects when one of them cannot be made: a
   * result is whole or it is none.
   */
  segmentation(log: PromptLog, imageId: Digest, options?: SegmentationOptions): Promise<Segmentation>;
  /** Stops the worker; calls under way reject. */
  close(): void;
}
